// The one file that imports OpenTelemetry; tracing.ts loads it when tracing is on. The instrumentations of the
// libraries are not used: they note addresses, statements with their texts and messages of errors, and in those
// stand people. Nothing global is registered, so a second start in one process is a second trace.
import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Headers, WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { codeOf } from '../activities/failures.js';
import { spanQueries } from './spannedPool.js';
import type { Tracing } from './tracing.js';

/** As workflows/tracing.ts carries it. */
const HEADER = '_tracer-data';
const FLUSH_MS = 5_000;
const EXPORT_EVERY_MS = 1_000;

/** Runs and ends a span around something that promises. */
export type InSpan = <T>(name: string, options: SpanOptions, work: () => Promise<T>) => Promise<T>;

export function openTracing({ url, percent }: { url: string; percent: number }, service: string): Tracing {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.instance.id': String(process.pid) }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(percent / 100) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url, timeoutMillis: FLUSH_MS }),
        scheduledDelayMillis: EXPORT_EVERY_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('lead-to-cash');
  const contexts = new AsyncLocalStorageContextManager().enable();
  const inSpan = async <T>(name: string, options: SpanOptions, work: () => Promise<T>, under?: Context) => {
    const parent = under ?? contexts.active();
    const span = tracer.startSpan(name, options, parent);
    try {
      return await contexts.with(trace.setSpan(parent, span), work);
    } catch (error) {
      failed(span, codeOf(error));
      throw error;
    } finally {
      span.end();
    }
  };
  const isTraced = (): boolean => trace.getSpan(contexts.active()) !== undefined;
  return {
    addTo: (app) => addRequestSpans(app, tracer.startSpan.bind(tracer), contexts),
    client: clientInterceptor(inSpan, isTraced, () => headerOf(contexts.active())),
    activities: activityInterceptor(inSpan),
    addToPool: (db) => spanQueries(db, inSpan, isTraced),
    async stop() {
      await Promise.race([
        provider.shutdown().catch(() => undefined), // A collector that is away takes its spans with it.
        new Promise((resolve) => setTimeout(resolve, FLUSH_MS).unref()),
      ]);
      contexts.disable();
    },
  };
}

const propagator = new W3CTraceContextPropagator();

function failed(span: Span, code: string): void {
  // A word, not the message: drivers quote values in theirs.
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute('error.type', code);
}

function headerOf(active: Context): Headers {
  const carrier: Record<string, string> = {};
  propagator.inject(active, carrier, defaultTextMapSetter);
  return { [HEADER]: defaultPayloadConverter.toPayload(carrier) };
}

type StartSpan = (name: string, options: SpanOptions, parent: Context) => Span;

function addRequestSpans(
  app: FastifyInstance,
  start: StartSpan,
  contexts: AsyncLocalStorageContextManager,
): void {
  const open = new WeakMap<FastifyRequest, { span: Span; context: Context }>();
  app.addHook('onRequest', (request, _reply, done) => {
    const { url: route } = request.routeOptions;
    if (!route?.startsWith('/v1/')) return done();
    const parent = propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
    const attributes = {
      'http.request.method': request.method,
      'http.route': route,
      'l2c.request_id': request.id,
    };
    const span = start(`${request.method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
    const context = trace.setSpan(parent, span);
    open.set(request, { span, context });
    contexts.with(context, done);
  });
  // The body came on events of the socket, which know nothing of the request.
  app.addHook('preValidation', (request, _reply, done) => {
    const opened = open.get(request);
    if (opened) contexts.with(opened.context, done);
    else done();
  });
  app.addHook('onResponse', async (request, reply) => {
    const span = open.get(request)?.span;
    if (!span) return;
    span.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) failed(span, String(reply.statusCode));
    span.end();
  });
}

/** Only what is told within a trace carries one: relay and sweep tell for nobody in particular. */
function clientInterceptor(
  inSpan: InSpan,
  isTraced: () => boolean,
  header: () => Headers,
): WorkflowClientInterceptor {
  const kind = SpanKind.CLIENT;
  return {
    startUpdate(input, next) {
      if (!isTraced()) return next(input);
      return inSpan(`update ${input.updateName}`, { kind }, () =>
        next({ ...input, headers: { ...input.headers, ...header() } }),
      );
    },
    startUpdateWithStart(input, next) {
      if (!isTraced()) return next(input);
      return inSpan(`update ${input.updateName}`, { kind }, () =>
        next({ ...input, updateHeaders: { ...input.updateHeaders, ...header() } }),
      );
    },
  };
}

function activityInterceptor(
  inSpan: (
    name: string,
    options: SpanOptions,
    work: () => Promise<unknown>,
    under: Context,
  ) => Promise<unknown>,
): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      execute(input, next) {
        const header = input.headers[HEADER];
        const carrier = header ? defaultPayloadConverter.fromPayload<Record<string, string>>(header) : {};
        const parent = propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
        const attributes = {
          'temporal.workflow.id': info.workflowExecution?.workflowId ?? '',
          'temporal.activity.attempt': info.attempt,
          'temporal.activity.local': info.isLocal,
        };
        const options = { kind: SpanKind.SERVER, attributes };
        return inSpan(`step ${info.activityType}`, options, () => next(input), parent);
      },
    },
  });
}
