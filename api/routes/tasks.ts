// Tasks: whatever a person has to decide.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { resolveTask } from '../../activities/intake/tasks.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals, refusalsOnce } from '../../contracts/problem.js';
import { ResolutionBody, TaskView } from '../../contracts/tasks.js';
import { Code, closed, Id } from '../../contracts/wire.js';
import { listTasks, taskView } from '../../db/tasks.js';
import { ROLES } from '../../domain/people/people.js';
import { actorOf, byActor } from '../auth/actor.js';
import { answerOnce } from '../idempotency.js';
import { idempotencyHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['tasks'];
const Params = Type.Object({ id: Id('task') }, closed);
const Query = PageQuery({
  status: Type.Optional(Type.Enum(['open', 'resolved'])),
  role: Type.Optional(Type.Enum([...ROLES])),
  person: Type.Optional(Id('person')),
  kind: Type.Optional(Code(60, 'Kind of task', 'approval_overdue')),
  leadId: Type.Optional(Id('lead')),
});

export async function taskRoutes(app: FastifyInstance, { db, clock }: RouteDeps): Promise<void> {
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/tasks',
    {
      config: { permit: ['read', 'tasks'] },
      schema: {
        tags,
        summary: 'Tasks, the newest first',
        querystring: Query,
        response: { 200: PageOf(TaskView), ...refusals() },
      },
    },
    async ({ query }) => {
      const page = pageRequest('tasks', query);
      const rows = await listTasks(db, page, query);
      return pageAnswer('tasks', page, rows, taskView, ({ id }) => ({ value: '', id }));
    },
  );

  app.post<{ Params: Static<typeof Params>; Body: Static<typeof ResolutionBody> }>(
    '/v1/tasks/:id/resolution',
    {
      config: { permit: ['resolve', 'tasks'] },
      schema: {
        tags,
        summary: 'Say what was decided',
        headers: idempotencyHeader,
        params: Params,
        body: ResolutionBody,
        response: { 200: TaskView, ...refusalsOnce('not_found', 'already_decided') },
      },
    },
    async (request, reply) =>
      answerOnce(
        request,
        reply,
        db,
        async (tx) => {
          const by = { ...byActor(request, clock), roles: actorOf(request).roles };
          const { resolution } = request.body;
          return { body: taskView(await resolveTask(tx, by, request.params.id, resolution)) };
        },
        200,
      ),
  );
}
