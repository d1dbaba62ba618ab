// The gauges of the business: read when somebody asks for them, at most so often, and absent rather than old when
// database or engine do not answer. Every process may show them, so rules take the max over processes.
import { Gauge, type Registry } from 'prom-client';
import type { Engine } from '../activities/intake/telling.js';
import { type Figure, moneyFigures, workFigures } from '../db/observations.js';
import type { Db } from '../db/pool.js';
import { exponentOf } from '../domain/money/currencies.js';
import { queueStats, type TaskQueueStats } from './queue.js';

/** Work changes by the second, the engine is asked for more, sums of money are for a look in the morning. */
const EVERY_MS = { work: 5_000, engine: 10_000, money: 60_000 } as const;
type Source = keyof typeof EVERY_MS;

export interface Watched {
  readonly db: Db;
  readonly engine: Engine;
  /** Clock of the cache, epoch milliseconds; default the real one. */
  readonly nowMs?: () => number;
}

export interface Watch {
  /** Reads again what is older than it may be; never rejects. */
  refresh(): Promise<void>;
  /** Waits for what is being read. */
  idle(): Promise<void>;
}

/** Adds the gauges of the business to a page of metrics. */
export function watchBusiness(registry: Registry, { db, engine, nowMs = Date.now }: Watched): Watch {
  const gauges = makeGauges(registry);
  const reads: Record<Source, () => Promise<void>> = {
    work: async () => showWork(gauges, await workFigures(db), nowMs()),
    money: async () => showMoney(gauges, await moneyFigures(db)),
    engine: async () => showQueue(gauges, await queueStats(engine)),
  };
  const readAt = new Map<Source, number>();
  const under = new Map<Source, Promise<void>>();
  const readOnce = async (source: Source): Promise<void> => {
    try {
      await reads[source]();
      gauges.up.set({ source }, 1);
    } catch {
      // Said by the gauge; what went wrong is in the log of whoever works with that neighbour.
      for (const gauge of gauges[source]) gauge.reset();
      gauges.up.set({ source }, 0);
    }
    readAt.set(source, nowMs());
    under.delete(source);
  };
  return {
    async refresh() {
      const due = (Object.keys(reads) as Source[]).filter(
        (source) => nowMs() - (readAt.get(source) ?? Number.NEGATIVE_INFINITY) >= EVERY_MS[source],
      );
      for (const source of due) if (!under.has(source)) under.set(source, readOnce(source));
      await Promise.all(under.values());
    },
    async idle() {
      await Promise.all(under.values());
    },
  };
}

function makeGauges(registry: Registry) {
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const untold = gauge('l2c_messages_untold', 'Stored messages their workflow was not told', 'kind');
  const untoldAge = gauge('l2c_messages_untold_oldest_seconds', 'Age of the oldest of them', 'kind');
  const silent = gauge('l2c_messages_unanswered', 'Messages told and not answered');
  const silentAge = gauge('l2c_messages_unanswered_oldest_seconds', 'How long ago the oldest was told');
  const parked = gauge(
    'l2c_messages_parked',
    'Messages put aside, by reason; `stuck` is a fault of ours',
    'reason',
  );
  const overdue = gauge('l2c_waits_overdue', 'Waits past their time that nobody moved', 'kind');
  const overdueAge = gauge('l2c_waits_overdue_oldest_seconds', 'Real time since the oldest was due', 'kind');
  const tasks = gauge(
    'l2c_tasks_open',
    'What a person has to decide; `step_stuck` is a fault of ours',
    'kind',
  );
  const leads = gauge('l2c_leads_open', 'Open leads', 'stage');
  const skew = gauge('l2c_database_clock_skew_seconds', 'Clock of the database ahead of this process');
  const backlog = gauge('l2c_task_queue_backlog', 'Tasks no worker has taken yet', 'kind');
  const backlogAge = gauge('l2c_task_queue_backlog_age_seconds', 'How long the oldest waits', 'kind');
  const pollers = gauge('l2c_task_queue_pollers', 'Workers that ask for tasks', 'kind');
  const troubled = gauge('l2c_workflows_stuck', 'Workflows whose tasks keep failing or timing out');
  const money = (name: string, help: string) =>
    gauge(name, `${help}, in units of the currency; to watch, not to book`, 'currency');
  const receivable = money('l2c_receivables_open', 'Open on invoices');
  const late = money('l2c_receivables_overdue', 'Overdue on invoices');
  const charges = money('l2c_charges_open', 'Open reminder fees and interest');
  const unapplied = money('l2c_unapplied_cash', 'Money received that is on no invoice');
  const payable = money('l2c_commission_payable', 'Commission earned and not paid out');
  return {
    ...{ untold, untoldAge, silent, silentAge, parked, overdue, overdueAge, tasks, leads, skew },
    ...{ backlog, backlogAge, pollers, troubled, receivable, late, charges, unapplied, payable },
    up: gauge(
      'l2c_observed',
      '1 when these gauges could be read: work and money in Postgres, the engine',
      'source',
    ),
    work: [untold, untoldAge, silent, silentAge, parked, overdue, overdueAge, tasks, leads, skew],
    engine: [backlog, backlogAge, pollers, troubled],
    money: [receivable, late, charges, unapplied, payable],
  };
}

type Gauges = ReturnType<typeof makeGauges>;

function showWork(g: Gauges, figures: readonly Figure[], nowMs: number): void {
  for (const gauge of g.work) gauge.reset();
  // Known before they happen: a rule about a fault sees the step from nothing to one.
  g.parked.set({ reason: 'stuck' }, 0);
  g.tasks.set({ kind: 'step_stuck' }, 0);
  for (const { what, label, value, beyond } of figures) {
    switch (what) {
      case 'untold':
        g.untold.set({ kind: label }, value);
        g.untoldAge.set({ kind: label }, beyond);
        break;
      case 'unanswered':
        g.silent.set(value);
        g.silentAge.set(beyond);
        break;
      case 'parked':
        g.parked.set({ reason: label }, value);
        break;
      case 'overdue':
        g.overdue.set({ kind: label }, value);
        g.overdueAge.set({ kind: label }, beyond);
        break;
      case 'task':
        g.tasks.set({ kind: label }, value);
        break;
      case 'lead':
        g.leads.set({ stage: label }, value);
        break;
      case 'clock':
        g.skew.set((value - nowMs) / 1000);
    }
  }
}

function showMoney(g: Gauges, figures: readonly Figure[]): void {
  for (const gauge of g.money) gauge.reset();
  for (const { what, label: currency, value, beyond } of figures) {
    const units = (minor: number): number => minor / 10 ** exponentOf(currency);
    if (what === 'receivable') {
      g.receivable.set({ currency }, units(value));
      g.late.set({ currency }, units(beyond));
    }
    if (what === 'charge') g.charges.set({ currency }, units(value));
    if (what === 'unapplied') g.unapplied.set({ currency }, units(value));
    if (what === 'payable') g.payable.set({ currency }, units(value));
  }
}

function showQueue(g: Gauges, { kinds, stuck }: TaskQueueStats): void {
  for (const gauge of g.engine) gauge.reset();
  for (const { kind, backlog, backlogAgeMs, pollers } of kinds) {
    g.backlog.set({ kind }, backlog);
    g.backlogAge.set({ kind }, backlogAgeMs / 1000);
    g.pollers.set({ kind }, pollers);
  }
  g.troubled.set(stuck);
}
