// What people and the outside do to a lead: each act by its name, played against the lead as it stands. What makes no
// sense then is done all the same, with ids of nothing, and has to be refused.
import { draftQuote, reviseQuote } from '../../activities/intake/quotes.js';
import { tellFact, tellLook } from '../../activities/intake/telling.js';
import { newId } from '../../db/ids.js';
import { withTransaction } from '../../db/pool.js';
import { DomainError } from '../../domain/errors.js';
import { PEOPLE, sku } from '../support/company.js';
import { type Actor, nameOf, said } from './actor.js';
import type { Known } from './known.js';
import { MONEY_ACTS } from './moneyActs.js';

const TELL_MS = 5_000;

type Quote = NonNullable<Known['quote']>;
const ofQuote = ({ quote }: Known): Omit<Quote, 'status'> =>
  quote ? { quoteId: quote.quoteId, revision: quote.revision } : { quoteId: newId('quote'), revision: 1 };

const draftOf = ({ chance }: Actor, discounts: readonly number[]) => ({
  lines: Array.from({ length: chance.whole(1, 3) }, (_, i) => ({
    sku: sku(1 + i * 3 + chance.whole(0, 2)),
    quantity: chance.pick(['1', '2', '3', '4', '7', '12', '20']),
  })),
  discountBps: chance.pick(discounts),
});

/** Drafts and submits what was drafted; a revision of the newest quote where there is one. */
async function submits(actor: Actor, known: Known, discounts: readonly number[]): Promise<void> {
  const { world } = actor;
  const by = actor.seller(known);
  const input = { draft: draftOf(actor, discounts), actorId: PEOPLE[by], nowMs: await world.now() };
  const { quote } = known;
  const drafted = await actor.tries(quote ? 'draft a revision' : 'draft', () =>
    withTransaction(world.db, (tx) =>
      quote
        ? reviseQuote(world.policies, tx, { ...input, quoteId: quote.quoteId })
        : draftQuote(world.policies, tx, { ...input, leadId: actor.story.leadId }),
    ),
  );
  const { quoteId, revision } = drafted ?? ofQuote(known);
  await actor.decide('submitQuote', by, { quoteId, revision });
}

const qualifies = (decision: string, reason?: string) => async (actor: Actor, known: Known) => {
  await actor.decide('qualifyLead', actor.seller(known), { decision, ...(reason && { reason }) });
};

const approvalOf = ({ approval }: Known) =>
  approval ?? { approvalId: newId('appr'), quoteId: newId('quote'), revision: 1, approverId: null };

function decidesApproval(actor: Actor, known: Known, decision: 'approve' | 'reject') {
  const { approvalId, quoteId, revision, approverId } = approvalOf(known);
  const body = {
    approvalId,
    quoteId,
    revision,
    decision,
    ...(decision === 'reject' && { reason: 'too cheap' }),
  };
  return actor.decide('decideApproval', nameOf(approverId) ?? 'head', body);
}

const acceptedBy = { name: 'Who Signs', email: 'who.signs@customer.example' };
const accepts = (actor: Actor, known: Known) =>
  actor.decide('acceptQuote', actor.seller(known), { ...ofQuote(known), acceptedBy });
const declines = (actor: Actor, known: Known) =>
  actor.decide('declineQuote', actor.seller(known), { ...ofQuote(known), reason: 'price' });

/** Whoever was asked may say yes or no: one of the two has to hold. */
const awaitsApproval = ({ stage, approval }: Known): boolean =>
  stage === 'approval' && approval?.status === 'open' && nameOf(approval.approverId) !== undefined;
const awaitsCustomer = ({ stage, quote, owner }: Known): boolean =>
  stage === 'offered' && quote?.status === 'offered' && nameOf(owner) !== undefined;

type Play = (actor: Actor, known: Known) => Promise<unknown>;

const SALES_ACTS = {
  touch: (actor) => actor.contacts('website'),
  qualify: qualifies('qualify'),
  nurture: qualifies('nurture'),
  disqualify: qualifies('disqualify', 'no_budget'),
  reassign: (actor) =>
    actor.decide('reassignLead', 'boss', {
      ownerId: actor.chance.pick([PEOPLE.sdr, PEOPLE.sdr, PEOPLE.rep, PEOPLE.finance]),
      reason: 'somebody else knows them',
    }),
  withdraw: (actor, known) =>
    actor.decide('withdrawLead', actor.seller(known), { reason: 'nothing to sell here' }),
  submit: (actor, known) => submits(actor, known, [0, 0, 500, 1_000]),
  submitDiscounted: (actor, known) => submits(actor, known, [1_500, 1_500, 2_000, 3_000]),
  revise: (actor, known) => submits(actor, known, [0, 500, 1_000, 1_200]),
  approve: (actor, known) => decidesApproval(actor, known, 'approve'),
  reject: (actor, known) => decidesApproval(actor, known, 'reject'),
  decideBothWays: (actor, known) =>
    actor.oneOf(
      awaitsApproval(known),
      () => decidesApproval(actor, known, 'approve'),
      () => decidesApproval(actor, known, 'reject'),
    ),
  accept: accepts,
  decline: declines,
  acceptAndDecline: (actor, known) =>
    actor.oneOf(
      awaitsCustomer(known),
      () => accepts(actor, known),
      () => declines(actor, known),
    ),
} as const satisfies Readonly<Record<string, Play>>;

/** Nothing stays open for ever: what nobody works on is given up, what was ordered is delivered or cancelled. */
async function finishes(actor: Actor, known: Known): Promise<void> {
  switch (known.stage) {
    case 'new':
    case 'qualified':
    case 'quoting':
    case 'approval':
      await actor.decide('withdrawLead', 'boss', { reason: 'given up' });
      return;
    case 'ordered':
    case 'delivering':
      await (actor.chance.whole(0, 1) ? MONEY_ACTS.deliver : MONEY_ACTS.cancel)(actor, known);
      return;
    case 'collecting':
      if (actor.chance.whole(0, 1)) await MONEY_ACTS.payAll(actor, known);
      return;
    default: // It is over by itself.
  }
}

/** What the machinery does by itself, once too often, and what nobody should do. */
const ODD_ACTS = {
  finish: finishes,
  look: (actor) => tellLook(actor.world.engine, actor.story.workflowId, TELL_MS),
  /** A fact that was told before is told again, as by a relay that died before it could mark it. */
  tellAgain: async (actor) => {
    const facts = await actor.story.rows<{ id: string; name: string }>(
      `select id, name from messages where lead_id = $1 and kind = 'fact' order by id`,
    );
    const { id, name } = actor.chance.pick(facts);
    const { leadId, workflowId: target } = actor.story;
    const isSignal = actor.chance.whole(1, 2) === 1; // The engine knows the update and asks nobody.
    await tellFact(actor.world.engine, { id, name, leadId, target }, TELL_MS, isSignal);
  },
  decideAgain: async (actor) => {
    if (actor.sent.length > 0) await actor.decideAgain(actor.chance.pick(actor.sent));
  },
  /** Another body under a used key is refused at the door. */
  changeBody: async (actor) => {
    const [sent] = actor.sent;
    if (!sent) return;
    const body = { ...sent.body, reason: 'another than before' };
    const refused = await actor.story.decide(sent.name, sent.by, body, sent.id).then(
      () => undefined,
      (error: unknown) => error,
    );
    const isReused = refused instanceof DomainError && refused.code === 'key_reused';
    actor.must(isReused, `another body under the key of ${sent.name} was taken`);
  },
  /** Who has not the role for it. */
  actForAnother: async (actor, known) => {
    const answer = await actor.decide('qualifyLead', 'fulfilment', { decision: 'qualify' });
    if (known.stage === 'new' || known.stage === 'nurturing')
      actor.must(
        // A step that breaks on purpose has not answered yet.
        (answer === null && actor.breaks('qualifyLead')) ||
          (answer?.result === 'refused' && (answer.code === 'forbidden' || answer.code === 'lead_closed')),
        `fulfilment was not refused when it qualified a lead: ${said(answer)}`,
      );
  },
  /** A message of which no row is stored, sent straight to the engine, changes nothing. */
  forge: (actor) => {
    const { leadId, workflowId: target } = actor.story;
    const fact = { id: newId('msg'), name: 'leadTouched', leadId, target };
    return tellFact(actor.world.engine, fact, TELL_MS);
  },
} as const satisfies Readonly<Record<string, Play>>;

const ACTS = { ...SALES_ACTS, ...MONEY_ACTS, ...ODD_ACTS };
export type ActName = 'capture' | keyof typeof ACTS;

export async function play(actor: Actor, does: ActName): Promise<void> {
  if (does === 'capture') return actor.contacts('referral');
  const known = await actor.known();
  await ACTS[does](actor, known);
  // The plan had counted on an order by now: without one the lead would be reminded of for months.
  if (does in MONEY_ACTS && known.order === null && known.stage !== 'offered') await finishes(actor, known);
}
