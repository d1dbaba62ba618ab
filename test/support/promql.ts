// PromQL as Prometheus reads it, by its own grammar.
import { parser } from '@prometheus-io/lezer-promql';

/** Names of the metrics an expression asks for. Throws where the grammar does not know what stands there. */
export function metricsIn(expression: string): string[] {
  const names = new Set<string>();
  parser.parse(expression).iterate({
    enter({ type, name, from, to }) {
      const text = expression.slice(from, to);
      if (type.isError) throw new SyntaxError(`${expression}: not understood at ${from}: ${text}`);
      if (name === 'VectorSelector') names.add(text.replace(/\{.*$/s, '').trim());
    },
  });
  return [...names];
}

/** Labels by which an expression keeps its series apart; undefined where it keeps every label. */
export function labelsKept(expression: string): string[] | undefined {
  const by = [...expression.matchAll(/\bby\s*\(([^)]*)\)/g)].map(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
  const aggregates = /\b(sum|max|min|avg|count)\s*(by\s*)?\(/.test(expression);
  return aggregates ? by.flat() : undefined;
}
