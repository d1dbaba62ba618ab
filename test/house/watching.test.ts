// The alert rules and the board as files; that their metrics exist is test/scenarios/watching.test.ts.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { labelsKept, metricsIn } from '../support/promql.js';
import { BOARD, EXPRESSIONS, RULES } from '../support/watch.js';

describe('each expression', () => {
  test.each(EXPRESSIONS)('of %s is one Prometheus understands: %s', (_where, expression) => {
    expect(metricsIn(expression).length).toBeGreaterThan(0);
  });

  test('that is none is caught', () => {
    expect(() => metricsIn('max by (kind (l2c_waits_overdue)')).toThrow('not understood');
    expect(() => metricsIn('rate(l2c_waits_overdue[5m)')).toThrow('not understood');
    expect(metricsIn('a{x="b"} / sum(rate(c[5m])) > 1')).toEqual(['a', 'c']);
  });
});

describe('an alert', () => {
  test.each(RULES)('$alert says how bad it is, what is the matter and what to do', (rule) => {
    expect(
      Object.keys(rule).filter((key) => !['alert', 'expr', 'for', 'labels', 'annotations'].includes(key)),
    ).toEqual([]);
    expect(rule.alert).toMatch(/^L2c[A-Za-z]+$/);
    expect(['page', 'ticket']).toContain(rule.labels.severity);
    if (rule.for !== undefined) expect(rule.for).toMatch(/^\d+(s|m|h|d)$/);
    expect(rule.annotations.action.length).toBeGreaterThan(10);
    const kept = labelsKept(rule.expr);
    const named = [...rule.annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
    if (kept) for (const label of named) expect(kept).toContain(label);
  });

  test('is described once, in the operations guide as well', () => {
    const guide = readFileSync('docs/operations.md', 'utf8');
    const names = RULES.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
    const told = [...guide.matchAll(/`(L2c[A-Za-z]+)`/g)].map(([, name = '']) => name);
    expect(told.filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe('the board', () => {
  test('has panels of their own place, each with a question to the chosen source', () => {
    const ids = BOARD.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(BOARD.templating.list).toMatchObject([{ name: 'source', type: 'datasource' }]);
    const taken = new Set<string>();
    for (const { type, title, gridPos, targets = [] } of BOARD.panels) {
      expect(title).not.toBe('');
      expect(targets.length > 0).toBe(type !== 'row');
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x}/${y}`)).toBe(false);
          taken.add(`${x}/${y}`);
        }
    }
  });
});

test('Prometheus reads the pages docker-compose.yml publishes', () => {
  const { scrape_configs: jobs } = parse(readFileSync('deploy/prometheus/prometheus.yml', 'utf8'));
  const { services } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true });
  const published = [...services.api.ports, ...services.worker.ports] as string[];
  for (const { job_name, static_configs } of jobs) {
    const [target] = static_configs[0].targets;
    expect(published.some((port) => port.startsWith(`${target}:`))).toBe(true);
    expect(job_name).toMatch(/^l2c-(api|worker)$/);
  }
});
