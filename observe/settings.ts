// The settings of what watches the product: where metrics are read, where traces go. All of it is off by default.
import { type Static, Type } from 'typebox';

const port = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, description }));

/** Variables that `config.ts` reads with its own. */
export const OBSERVE_VARIABLES = {
  L2C_METRICS_HOST: Type.String({
    minLength: 1,
    maxLength: 200,
    default: '127.0.0.1',
    description: 'Address the two pages of metrics listen on; amounts of money stand on them',
  }),
  L2C_METRICS_PORT: port('Port of the worker’s metrics. Absent: none'),
  L2C_API_METRICS_PORT: port('Port of the API’s metrics, those of the business among them. Absent: none'),
  L2C_TRACES_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s]+$',
      maxLength: 1000,
      description: 'Collector of traces, OTLP over HTTP: http://127.0.0.1:4318/v1/traces. Absent: none',
      'x-secret': true, // A key may stand in it.
    }),
  ),
  L2C_TRACES_PERCENT: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 100,
    description: 'Share of the requests that are traced, of those that bring no trace of their own',
  }),
} as const;

export interface ObserveSettings {
  readonly host: string;
  readonly workerPort?: number;
  readonly apiPort?: number;
  readonly traces?: { readonly url: string; readonly percent: number };
}

/** The read variables as the product takes them. */
export function observeSettings(
  v: Static<ReturnType<typeof Type.Object<typeof OBSERVE_VARIABLES>>>,
): ObserveSettings {
  return {
    host: v.L2C_METRICS_HOST,
    ...(v.L2C_METRICS_PORT !== undefined && { workerPort: v.L2C_METRICS_PORT }),
    ...(v.L2C_API_METRICS_PORT !== undefined && { apiPort: v.L2C_API_METRICS_PORT }),
    ...(v.L2C_TRACES_URL !== undefined && {
      traces: { url: v.L2C_TRACES_URL, percent: v.L2C_TRACES_PERCENT },
    }),
  };
}
