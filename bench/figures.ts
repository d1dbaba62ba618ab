// The figures of the design, each with what it must be and what it aims at, and the verdict on what was
// measured.
import type { ImportRatio } from './importRatio.js';
import type { Bundles } from './measures/bundles.js';
import type { Clicks, Heap } from './measures/clicks.js';
import type { Counts, HistoryCount, TransitionsUnderLoad } from './measures/counts.js';
import type { Drift } from './measures/drift.js';
import { type Block, blockOf, type Load, median } from './measures/load.js';
import type { Recovery } from './measures/recovery.js';
import type { Starting } from './measures/starting.js';
import type { ClickStatements } from './measures/statements.js';
import { type Figure, verdictOf } from './verdicts.js';

export interface Measured {
  readonly counts: Counts;
  readonly statements: Readonly<Record<string, ClickStatements>>;
  readonly bundles: Bundles;
  readonly heap: Heap;
  readonly clicks: Clicks;
  readonly drift: Drift;
  readonly load: Load;
  readonly underLoad: TransitionsUnderLoad;
  readonly recovery: Recovery;
  readonly importing: ImportRatio;
  /** Only of a full bench: it installs everything once more. */
  readonly starting?: Starting;
}

type Row = Omit<Figure, 'verdict' | 'bound' | 'kind'> & Partial<Pick<Figure, 'bound' | 'kind'>>;

const KIB = 1024;

/** Every figure that was measured, judged. */
export function figuresOf(measured: Measured): Figure[] {
  return [
    ...historyFigures(measured),
    ...loadFigures(measured.load),
    ...underLoadFigures(measured.underLoad),
    ...clickFigures(measured),
    ...restFigures(measured),
  ].map(judged);
}

function judged({ bound = 'at most', kind = 'count', ...row }: Row): Figure {
  const figure = { ...row, bound, kind };
  return { ...figure, verdict: verdictOf(figure) };
}

const most = (counted: readonly HistoryCount[], of: (one: HistoryCount) => number): number =>
  Math.max(...counted.map(of));

function historyFigures({ counts }: Measured): Row[] {
  const limits = {
    off: { name: 'mail off', transitions: [16, 13], events: [80, 63], kib: [14, 11] },
    on: { name: 'four mails', transitions: [30, 25], events: [110, 87], kib: [18, 14.4] },
  } as const;
  return (['off', 'on'] as const).flatMap((key): Row[] => {
    const { name, transitions, events, kib } = limits[key];
    const counted = counts[key];
    const spread = new Set(counted.map((one) => one.transitions)).size - 1;
    const row = (
      id: string,
      figure: string,
      unit: string,
      [must, aim]: readonly [number, number],
      measured: number,
    ) => ({
      id: `${id}.${key}`,
      figure: `${figure}, ${name}`,
      unit,
      must,
      aim,
      measured,
    });
    return [
      {
        ...row(
          'transitions',
          'state transitions per golden lead',
          '',
          transitions,
          most(counted, (one) => one.transitions),
        ),
        note: spread === 0 ? `equal in ${counted.length} runs` : `NOT equal in ${counted.length} runs`,
      },
      row('transitions.spread', 'runs that differ in them', '', [0, 0], spread),
      row(
        'events',
        'events of its history',
        '',
        events,
        most(counted, (one) => one.events),
      ),
      row('bytes', 'size of its history', 'KiB', kib, most(counted, (one) => one.bytes) / KIB),
      row(
        'payload',
        'largest payload',
        'B',
        [512, 200],
        most(counted, (one) => one.largestPayload),
      ),
      row(
        'personal',
        'words of the customer in it',
        '',
        [0, 0],
        most(counted, (one) => one.personal.length),
      ),
    ];
  });
}

function loadFigures({ rounds, users, leads }: Load): Row[] {
  const ours = (of: (block: Block) => number): number =>
    median(rounds.map((round) => of(blockOf(round, 'product'))));
  const cpu = (block: Block): number => block.cpuMs;
  const speed = (block: Block): number => block.leadsPerSecond;
  const parts = Object.keys(blockOf(rounds[0] ?? {}, 'product').cpu);
  const note = parts.map((part) => `${part} ${ours((block) => block.cpu[part] ?? 0).toFixed(0)}`).join(', ');
  const time = { kind: 'time', unit: '×', aim: null } as const;
  /** Nothing where the control did not run. */
  const against = (control: string, row: Omit<Row, 'measured' | 'figure'>, of: typeof cpu): Row[] => {
    if (rounds.some((round) => round[control] === undefined)) return [];
    const ratio = median(rounds.map((round) => of(blockOf(round, 'product')) / of(blockOf(round, control))));
    return [{ ...row, figure: `… against ${control}`, measured: ratio }];
  };
  const size = `${rounds.length} rounds of ${leads}`;
  return [
    {
      ...time,
      id: 'cpu',
      figure: `CPU per golden lead, ${users} users`,
      unit: 'ms',
      must: 220,
      aim: 160,
      measured: ours(cpu),
      note,
    },
    ...against('K1', { ...time, id: 'cpu.k1', must: 0.6, note: size }, cpu),
    ...against('K0', { ...time, id: 'cpu.k0', must: null }, cpu),
    {
      ...time,
      bound: 'at least',
      id: 'leads',
      figure: 'golden leads per second',
      unit: '/s',
      must: null,
      aim: 10,
      measured: ours(speed),
    },
    ...against('K1', { ...time, bound: 'at least', id: 'leads.k1', must: 2 }, speed),
    ...against('K0', { ...time, bound: 'at least', id: 'leads.k0', must: null }, speed),
  ];
}

/** Two messages may share a task or need one each: what it comes to under load is no promise. */
function underLoadFigures({ leads, median, most }: TransitionsUnderLoad): Row[] {
  const row = { kind: 'time', unit: '', must: null, aim: null, note: `${leads} leads, mail off` } as const;
  return [
    { ...row, id: 'transitions.load', figure: 'state transitions under load, median', measured: median },
    { ...row, id: 'transitions.load.most', figure: '… at most', measured: most },
  ];
}

function clickFigures({ clicks, drift, statements, heap }: Measured): Row[] {
  const note = `${clicks.clicks} clicks at ${clicks.perSecond}/s, ${clicks.openLeads} open leads`;
  const drifted = `${drift.clicks} decisions on one lead: ${drift.first.toFixed(1)}, then ${drift.last.toFixed(1)} ms`;
  const timed = (
    id: string,
    figure: string,
    unit: string,
    must: number,
    aim: number,
    measured: number,
    note: string,
  ) => ({ kind: 'time', id, figure, unit, must, aim, measured, note }) as const;
  const worst = (of: 'statements' | 'commits'): number =>
    Math.max(...Object.values(statements).map((click) => click[of]));
  const each = Object.entries(statements).map(([click, { statements: n }]) => `${click} ${n}`);
  return [
    timed('click.p50', 'click, p50', 'ms', 35, 22, clicks.p50, note),
    timed('click.p99', 'click, p99', 'ms', 90, 60, clicks.p99, note),
    timed('click.drift', '… on an old lead', '×', 1.25, 1.1, drift.last / drift.first, drifted),
    {
      id: 'statements',
      figure: 'statements per click',
      unit: '',
      must: 8,
      aim: 5,
      measured: worst('statements'),
      note: each.join(', '),
    },
    { id: 'commits', figure: 'commits per click', unit: '', must: 2, aim: 2, measured: worst('commits') },
    // Bytes in use after a collection, but how much a thread keeps for itself depends on the machine's
    // memory.
    timed('heap', 'heap per open lead', 'KB', 96, 64, heap.bytesPerLead / 1000, `${heap.leads} leads`),
  ];
}

function restFigures({ bundles, recovery, importing, starting }: Measured): Row[] {
  const seconds = { kind: 'time', unit: 's' } as const;
  return [
    {
      id: 'bundle',
      figure: 'workflow bundle against an empty workflow’s',
      unit: '×',
      must: 1.3,
      aim: 1.15,
      measured: bundles.bytes / bundles.emptyBytes,
      note: `${(bundles.bytes / KIB).toFixed(0)} KiB`,
    },
    {
      id: 'import',
      kind: 'time',
      bound: 'at least',
      figure: 'import against COPY',
      unit: '×',
      must: 0.3,
      aim: 0.6,
      measured: importing.ratio,
      note: `${importing.leads} leads`,
    },
    {
      ...seconds,
      id: 'recovery',
      figure: 'worker killed: last click done',
      must: 7,
      aim: 3,
      measured: recovery.lastMs / 1000,
      note: `${recovery.clicks} clicks, worker back after ${(recovery.workerMs / 1000).toFixed(1)} s`,
    },
    {
      id: 'recovery.lost',
      figure: '… clicks lost or done twice',
      unit: '',
      must: 0,
      aim: 0,
      measured: recovery.lost + recovery.twice,
    },
    ...(starting
      ? [
          {
            ...seconds,
            id: 'start.cold',
            figure: 'npm start to first page, cold',
            must: 90,
            aim: 45,
            measured: starting.coldMs / 1000,
          },
          {
            ...seconds,
            id: 'start.warm',
            figure: 'npm start to first page, warm',
            must: 10,
            aim: 6,
            measured: starting.warmMs / 1000,
          },
        ]
      : []),
  ];
}
