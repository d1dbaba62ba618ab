// Captures at a rate for minutes while people click: what both wait, how far the workflows fall behind, what the
// processes take of memory, and that everything acknowledged is there once.
import { wrongs as wrongDeals } from '../chaos/deals.js';
import { People } from './clicking.js';
import { Forms } from './forms.js';
import {
  capturesOf,
  clickRows,
  counted,
  cpuRow,
  levelRows,
  memoryRows,
  type PartReport,
  type Row,
  type Stage,
  timesOf,
} from './part.js';
import { offences, truthOf } from './truth.js';
import { scheduleToStart, startedWithin, untilAnswered, Watch } from './watching.js';

const MINUTE_MS = 60_000;
/** What is behind is worked off, however little of the machine is ours. */
const PATIENCE_MS = 900_000;

export async function steady({ rig, db, options, signal, say }: Stage): Promise<PartReport> {
  const began = performance.now();
  const { minutes, rate, clicks, seed } = options;
  const forMs = minutes * MINUTE_MS;
  const people = new People(seed);
  const leads = People.needed(clicks, forMs);
  say(`opening ${leads} leads for people to work on`);
  await people.open(rig, leads);
  const forms = new Forms({ url: rig.apiUrl, tokens: [rig.keys.machine], seed, name: 'steady' });
  const before = await scheduleToStart(rig.metricsUrl);
  say(`${rate} captures and ${clicks} clicks a second for ${minutes} minutes`);
  const watch = new Watch(rig, db, say);
  const cpuBefore = rig.cpu();
  await Promise.all([forms.send(rate, forMs, signal), people.work(clicks, forMs, signal)]);
  const behindS = await untilAnswered(db, PATIENCE_MS);
  const cpuAfter = rig.cpu();
  await watch.stop();
  const after = await scheduleToStart(rig.metricsUrl);
  signal.throwIfAborted();
  say('comparing what was said with what is there');
  const truth = await truthOf(db, 'steady', forms.attempts);
  const wrongs = [
    ...truth.wrongs,
    ...(await wrongDeals(db, people.deals)),
    ...(await offences(rig, db)),
    ...(behindS === null ? [`not all is answered ${PATIENCE_MS / 1000} s after the last capture`] : []),
  ];
  const captures = capturesOf(forms.attempts);
  const { clicked } = people;
  const { moments } = watch;
  const most = Math.max(0, ...moments.map((moment) => moment.behindS));
  const messages = Math.max(0, ...moments.map(({ untold, unanswered }) => untold + unanswered));
  const started = { p50: startedWithin(before, after, 0.5), p99: startedWithin(before, after, 0.99) };
  const rows: Row[] = [
    { figure: 'captures sent, acknowledged', measured: `${captures.sent}, ${captures.acknowledged}` },
    {
      figure: 'captures refused',
      aim: '0',
      measured: counted(captures.refused),
      isMissed: captures.acknowledged < captures.sent,
    },
    { figure: 'capture p50, p99, longest', measured: timesOf(captures) },
    ...clickRows(clicked),
    { figure: 'workflows behind, at most', measured: `${most.toFixed(1)} s, ${messages} messages` },
    {
      figure: 'all told and answered after the last',
      measured: behindS === null ? 'never' : `${behindS.toFixed(1)} s`,
    },
    {
      figure: 'workflow task waited for its worker p50, p99',
      measured: `≤ ${started.p50 ?? '–'} ms, ≤ ${started.p99 ?? '–'} ms`,
    },
    cpuRow(cpuBefore, cpuAfter, truth.acknowledged),
    ...memoryRows(moments),
    ...levelRows(moments, minutes),
    {
      figure: 'leads acknowledged, stored, lost, twice',
      aim: 'none lost, none twice',
      measured: `${truth.acknowledged}, ${truth.stored}, ${truth.lost}, ${truth.twice}`,
      isMissed: truth.wrongs.length > 0,
    },
  ];
  const seconds = Math.round((performance.now() - began) / 1000);
  return {
    part: 'steady',
    seconds,
    rows,
    wrongs,
    measured: { captures, clicked, truth, started, behindS, moments },
  };
}
