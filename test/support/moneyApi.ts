// The API on the world of deal.ts: orders, invoices and cash that are there, and a key for each of its people.

import { type Answer, addKey, type Call, startApi } from './api.js';
import { openWorld, PEOPLE, type World } from './deal.js';

type PersonName = keyof typeof PEOPLE;

export interface MoneyApi {
  readonly world: World;
  /** Calls as one of the people; the application's own role has no more rights than in production. */
  call(as: PersonName, url: string, call?: Omit<Call, 'as'>): Promise<Answer>;
  post(as: PersonName, url: string, body: unknown, key?: string): Promise<Answer>;
  /** Moves the business clock of the API to noon, so many days after the order. */
  day(days: number): void;
  close(): Promise<void>;
}

/** Opens a world and the API on it. Nothing listens where its engine should be: every decision stays pending. */
export async function openMoneyApi(): Promise<MoneyApi> {
  const world = await openWorld();
  const { db, policies } = world.deps;
  const api = await startApi({}, { db, policies });
  const keys = new Map<PersonName, string>();
  for (const person of Object.keys(PEOPLE) as PersonName[]) {
    keys.set(person, await addKey(world.db, PEOPLE[person]));
  }
  api.clock.ms = world.at(0);
  const call = async (as: PersonName, address: string, options: Omit<Call, 'as'> = {}): Promise<Answer> => {
    const answer = await api.call(address, { ...options, as: keys.get(as) as string });
    if (answer.status === 500) throw new Error(`${address} failed: ${api.logs.slice(-3).join(' ')}`);
    return answer;
  };
  return {
    world,
    call,
    post: (as, address, body, key) =>
      call(as, address, { method: 'POST', body, ...(key !== undefined && { key }) }),
    day: (days) => {
      api.clock.ms = world.at(days);
    },
    close: async () => {
      await api.close();
      await world.close();
    },
  };
}

/** Ids of a whole list, read page by page as `next` says. */
export async function walk(api: MoneyApi, as: PersonName, url: string): Promise<string[]> {
  const seen: string[] = [];
  for (let next: string | null = null, pages = 0; pages < 50; pages++) {
    const cursor: string = next === null ? '' : `&cursor=${next}`;
    const { body } = await api.call(as, `${url}${cursor}`);
    seen.push(...body.items.map(({ id }: { id: string }) => id));
    next = body.next;
    if (next === null) return seen;
  }
  throw new Error(`${url} has no end`);
}
