// The leads a cold worker finds: imported over HTTP as any list of a company, each with its workflow at a timer, most
// of them due in days and some in a minute.
import { callerFor } from '../../cli/http.js';
import { sendImport } from '../../cli/importLeads.js';
import type { LeadMapping } from '../../contracts/imports.js';
import { changePolicy } from '../company.js';
import type { Stage } from './part.js';
import { untilAnswered } from './watching.js';

/** Of the business clock; the policy counts in whole hours. */
const SOON_HOURS = 1;
const HOURS_A_DAY = 24;
const PATIENCE_MS = 1_800_000;
const PIECES = 4;
/** One lead in ten is due while the worker is away or has just come back. */
const SOON_SHARE = 0.1;

const MAPPING: LeadMapping = {
  channel: { constant: 'event' },
  externalId: { column: 'id', blank: 'refuse' },
  contact: { email: { column: 'email' }, company: { column: 'company' }, country: { column: 'country' } },
};

export interface OpenLead {
  readonly id: string;
  readonly email: string;
  readonly isSoon: boolean;
}

export interface HeapAt {
  /** Leads that have passed through the worker. */
  readonly leads: number;
  readonly mainMiB: number;
  readonly threadsMiB: number;
}

/** How fast the clock has to run that `SOON_HOURS` of business pass in so many real seconds. */
export const secondsPerDayFor = (soonS: number): number => Math.round((soonS * HOURS_A_DAY) / SOON_HOURS);

export const MIB = 2 ** 20;

export async function heapNow(stage: Stage, leads: number): Promise<HeapAt> {
  const { main, threads } = await stage.rig.worker.ask<{ main: number; threads: number }>('heapInUse');
  return { leads, mainMiB: Math.round(main / MIB), threadsMiB: Math.round(threads / MIB) };
}

/** Imports leads until so many wait at their timers; answers them, and the worker's heap on the way. */
export async function openLeads(
  stage: Stage,
  count: number,
): Promise<{ leads: OpenLead[]; heaps: HeapAt[]; perSecond: number }> {
  const { rig, db, say } = stage;
  const soon = Math.round(count * SOON_SHARE);
  const later = count - soon;
  const heaps: HeapAt[] = [];
  const began = performance.now();
  for (let piece = 0; piece < PIECES; piece++) {
    const from = Math.round((later * piece) / PIECES);
    const to = Math.round((later * (piece + 1)) / PIECES);
    await imported(stage, from, to);
    heaps.push(await heapNow(stage, to));
    say(`${to} of ${count} leads wait at their timers; heap of the worker ${JSON.stringify(heaps.at(-1))}`);
  }
  const admin = callerFor(rig.apiUrl, rig.keys.admin);
  await changePolicy(admin, 'qualification', (policy) => ({ ...policy, dueHours: SOON_HOURS }));
  await imported(stage, later, count);
  heaps.push(await heapNow(stage, count));
  const perSecond = count / ((performance.now() - began) / 1000);
  const { rows } = await db.query<OpenLead>(
    `select l.id, c.email, substr(l.external_id, 6)::int >= $1 as "isSoon"
      from leads l join contacts c on c.id = l.contact_id where l.external_id like 'cold-%' order by l.id`,
    [later],
  );
  return { leads: rows, heaps, perSecond };
}

async function imported({ rig, db, signal }: Stage, from: number, to: number): Promise<void> {
  const csv = async function* (): AsyncGenerator<string> {
    yield 'id,email,company,country\n';
    for (let nth = from; nth < to; nth++) {
      yield `cold-${nth},quincy@cold-${nth}.example,Canarbird cold ${nth} SL,ES\n`;
    }
  };
  const view = await sendImport({
    baseUrl: rig.apiUrl,
    token: rig.keys.machine,
    csv,
    mapping: JSON.stringify(MAPPING),
    key: `cold-${from}`,
    signal,
  });
  if (view.created !== to - from) {
    throw new Error(`the import made ${view.created} leads of ${to - from} and ended ${view.status}`);
  }
  const answeredS = await untilAnswered(db, PATIENCE_MS);
  if (answeredS === null) throw new Error(`the imported leads were not answered in ${PATIENCE_MS / 1000} s`);
}
