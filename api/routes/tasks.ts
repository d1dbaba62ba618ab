// Tasks: whatever a person has to decide.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import {
  decisionOfRequest,
  isRequest,
  REQUESTS,
  type RequestKind,
} from '../../activities/intake/requests.js';
import { resolveTask } from '../../activities/intake/tasks.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals, refusalsOnce } from '../../contracts/problem.js';
import { ResolutionBody, TaskView } from '../../contracts/tasks.js';
import { Code, closed, Id } from '../../contracts/wire.js';
import { listTasks, type TaskRow, taskById, taskView } from '../../db/tasks.js';
import { DomainError } from '../../domain/errors.js';
import { ROLES } from '../../domain/people/people.js';
import { mustBeAllowed } from '../auth/ability.js';
import { actorOf, byActor } from '../auth/actor.js';
import { answerDecision, pendingResponse } from '../decisions.js';
import { answerOnce, idempotencyKey } from '../idempotency.js';
import { languageOf } from '../language.js';
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

export async function taskRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  const { db, clock } = deps;
  const found = async (id: string): Promise<TaskRow> => {
    const task = await taskById(db, id);
    if (!task) throw new DomainError('not_found', `there is no task ${id}`);
    return task;
  };

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
    async (request) => {
      const { query } = request;
      const page = pageRequest('tasks', query);
      const rows = await listTasks(db, page, query);
      const shown = (row: TaskRow) => taskView(row, languageOf(request));
      return pageAnswer('tasks', page, rows, shown, ({ id }) => ({ value: '', id }));
    },
  );

  app.get<{ Params: Static<typeof Params> }>(
    '/v1/tasks/:id',
    {
      config: { permit: ['read', 'tasks'] },
      schema: {
        tags,
        summary: 'One task',
        params: Params,
        response: { 200: TaskView, ...refusals('not_found') },
      },
    },
    async (request) => taskView(await found(request.params.id), languageOf(request)),
  );

  app.post<{ Params: Static<typeof Params>; Body: ResolutionBody }>(
    '/v1/tasks/:id/resolution',
    {
      config: { permit: ['resolve', 'tasks'] },
      schema: {
        tags,
        summary: 'Say what was decided',
        headers: idempotencyHeader,
        params: Params,
        body: ResolutionBody,
        response: {
          200: TaskView,
          ...pendingResponse,
          ...refusalsOnce(
            'not_found',
            'already_decided',
            'self_approval',
            'content_changed',
            'over_credited',
            'lead_closed',
            'expired',
          ),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { resolution, decision } = request.body;
      const task = await found(id);
      mustFit(task, decision);
      if (isRequest(task.kind)) {
        // One right for both answers: whoever may do what is asked for may approve or reject it.
        const { name, resource } = REQUESTS[task.kind];
        mustBeAllowed(actorOf(request), name, resource);
        if (decision === 'approve') return approveRequest(request, reply, deps, task, task.kind);
      }
      return answerOnce(
        request,
        reply,
        db,
        async (tx) => {
          const by = { ...byActor(request, clock), roles: actorOf(request).roles };
          const said = decision === 'reject' ? `rejected: ${resolution}`.slice(0, 500) : resolution;
          return { body: taskView(await resolveTask(tx, by, id, said), languageOf(request)) };
        },
        200,
      );
    },
  );
}

function mustFit({ kind }: TaskRow, decision: ResolutionBody['decision']): void {
  if (isRequest(kind) === (decision !== undefined)) return;
  const detail = isRequest(kind)
    ? `a task of kind ${kind} is approved or rejected`
    : `a task of kind ${kind} takes none`;
  throw new DomainError('invalid_field', detail, '/decision');
}

/** Approving a request is the decision itself: the step that does what was asked resolves the task. */
async function approveRequest(
  request: FastifyRequest<{ Body: ResolutionBody }>,
  reply: FastifyReply,
  deps: RouteDeps,
  task: TaskRow,
  kind: RequestKind,
) {
  const actor = actorOf(request);
  const { name } = REQUESTS[kind];
  const { at } = byActor(request, deps.clock);
  const today = at.toISOString().slice(0, 10);
  const body = decisionOfRequest(task, actor.personId, request.body.resolution, today);
  // Under an Idempotency-Key the decision may be the one that resolved it: its message knows.
  if (task.status === 'resolved' && idempotencyKey(request) === undefined) {
    throw new DomainError('already_decided', `${task.id} was resolved`);
  }
  return answerDecision(request, reply, deps, { name, leadId: task.lead_id, body }, async () =>
    taskView((await taskById(deps.db, task.id)) as TaskRow, languageOf(request)),
  );
}
