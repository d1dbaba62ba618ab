// From what is stored to what is sent: who gets a mail, in which language, and what it says. It decides
// neither whether one is queued nor how it leaves.
import { chargeDocumentOf } from '../db/chargeDocuments.js';
import { invoiceDocumentOf, quoteDocumentOf, quoteNumber } from '../db/documents.js';
import type { AddresseeJson, ColleagueJson, CustomerJson, MailFacts } from '../db/mails.js';
import { chargeNotePdf } from '../documents/chargeNotePdf.js';
import { invoicePdf } from '../documents/invoicePdf.js';
import { renderMail } from '../documents/mails.js';
import type { MailData, MailTemplate } from '../documents/mailTypes.js';
import { quotePdf } from '../documents/quotePdf.js';
import { reasonText } from '../documents/reasonTexts.js';
import { taskWords } from '../documents/taskTitles.js';
import type { Language } from '../documents/types.js';
import { addDays } from '../domain/calendar/days.js';
import { actingOn, delegateOn, peopleById } from '../domain/people/people.js';
import type { MailKind } from '../domain/policies/types.js';
import { WAITS, type WaitKind } from '../domain/waits.js';
import { customerKind } from './dunning.js';
import type { MailAttachment } from './mailer.js';

export interface Letter {
  /** Tells the letters of one mail apart, however many there are next time: the colleague's id. */
  readonly suffix: string;
  readonly to: string;
  readonly language: Language;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly MailAttachment[];
}

/** The letters of one mail, or why there are none. */
export type Written = { readonly letters: readonly Letter[] } | { readonly skipped: string };

type Addressee = AddresseeJson & { readonly email: string };
type Content<T extends MailTemplate> = Omit<MailData[T], 'recipientName' | 'url'>;

const NOBODY_AT_THE_CUSTOMER = 'the customer has no e-mail address';

/** Writes the mail of each kind. RangeError for stored content that cannot be printed. */
export const WRITERS: {
  readonly [K in MailKind]: (facts: MailFacts[K], senderName: string) => Written | Promise<Written>;
} = { offer, order, invoice, receipt, reminder, approval, task };

async function offer({ document, again, customer }: MailFacts['offer']): Promise<Written> {
  if (document.status !== 'offered' && document.status !== 'accepted') {
    return { skipped: `the offer is ${document.status}` };
  }
  const to = reachable(customer.contact, customer.account);
  if (!to) return { skipped: NOBODY_AT_THE_CUSTOMER };
  const quote = quoteDocumentOf(document, to.language);
  const { number, revision, currency, grossMinor, validUntilOn, seller } = quote;
  const content = {
    sellerName: seller.legalName,
    quoteNumber: number,
    revision,
    currency,
    amountMinor: grossMinor,
    validUntilOn,
  };
  const attachment = pdf(`${number}-${revision}`, await quotePdf(quote));
  return one(to, again ? 'offerReminder' : 'offer', content, attachment);
}

function order(facts: MailFacts['order']): Written {
  const { number, orderedOn, deliverByOn, cancelledOn, purchaseOrder, currency, sellerName, customer } =
    facts;
  if (facts.status === 'cancelled' && cancelledOn === null) return { skipped: 'the order is cancelled' };
  const spoken = customer.contact?.language ?? customer.account.language;
  const to = reachable({ ...facts.acceptedBy, language: spoken }, customer.contact, customer.account);
  if (!to) return { skipped: NOBODY_AT_THE_CUSTOMER };
  const amountMinor = BigInt(facts.amountMinor);
  const content = { sellerName, orderNumber: number, orderedOn, purchaseOrder, currency, amountMinor };
  return cancelledOn === null
    ? one(to, 'order', { ...content, deliverByOn })
    : one(to, 'cancellation', { ...content, cancelledOn });
}

async function invoice({ document, customer }: MailFacts['invoice']): Promise<Written> {
  const to = reachable(customer.account, customer.contact);
  if (!to) return { skipped: NOBODY_AT_THE_CUSTOMER };
  const bill = invoiceDocumentOf(document, to.language);
  const { number, currency, grossMinor, seller } = bill;
  const attachment = pdf(number, await invoicePdf(bill));
  const common = { sellerName: seller.legalName, currency, amountMinor: grossMinor };
  if (bill.kind === 'credit_note') {
    const content = { ...common, creditNoteNumber: number, invoiceNumber: bill.credits.number };
    return one(to, 'creditNote', content, attachment);
  }
  const content = { ...common, invoiceNumber: number, dueOn: bill.dueOn, iban: seller.iban };
  return one(to, 'invoice', content, attachment);
}

function receipt(facts: MailFacts['receipt']): Written {
  const amountMinor = BigInt(facts.amountMinor);
  if (amountMinor <= 0n) return { skipped: 'the payment was reversed' };
  const to = billed(facts.customer);
  if (!to) return { skipped: NOBODY_AT_THE_CUSTOMER };
  const { sellerName, currency, paidOn, invoiceNumbers, openMinor } = facts;
  return one(to, 'receipt', {
    sellerName,
    invoiceNumber: invoiceNumbers.join(', '),
    currency,
    amountMinor,
    paidOn,
    openMinor: BigInt(openMinor),
  });
}

async function reminder(facts: MailFacts['reminder']): Promise<Written> {
  // What came with this letter is told even when its invoices were paid before it left.
  const isNews = facts.items.length > 0 || facts.charges.some(({ document }) => document !== null);
  if (!isNews) return { skipped: 'everything has been paid' };
  const to = billed(facts.customer);
  if (!to) return { skipped: NOBODY_AT_THE_CUSTOMER };
  const { level, currency, iban, sellerName, decidedOn, segment, dunning } = facts;
  const items = facts.items.map((item) => ({ ...item, openMinor: BigInt(item.openMinor) }));
  const plan = dunning?.[customerKind(segment)];
  const isLast = plan?.levels.at(-1)?.level === level;
  const charges = facts.charges.map(({ number, dueOn, openMinor, document }) => {
    return { number, dueOn, openMinor: BigInt(openMinor), isNew: document !== null };
  });
  const printed = facts.charges.flatMap(({ document }) =>
    document === null ? [] : [chargeDocumentOf(document, to.language)],
  );
  const attachments = await Promise.all(
    printed.map(async (note) => pdf(note.number, await chargeNotePdf(note))),
  );
  const { action, afterDays } = plan?.afterLast ?? { action: 'task', afterDays: 0 };
  const content = {
    sellerName,
    level,
    currency,
    items,
    charges,
    totalMinor: [...items, ...charges].reduce((sum, { openMinor }) => sum + openMinor, 0n),
    iban,
    announces: isLast ? { action, on: addDays(decidedOn, afterDays) } : null,
  };
  return one(to, 'reminder', content, ...attachments);
}

function approval(facts: MailFacts['approval'], senderName: string): Written {
  if (facts.status !== 'open') return { skipped: `the approval is ${facts.status}` };
  const { decideByOn, again, quoteId, revision, currency, discountBps } = facts;
  if (decideByOn === null) return { skipped: 'nobody waits for the approval' };
  return toColleagues(asked(facts), again ? 'approvalReminder' : 'approvalRequest', (language) => ({
    sellerName: senderName,
    quoteNumber: quoteNumber(quoteId),
    revision,
    currency,
    amountMinor: BigInt(facts.amountMinor),
    discountBps,
    why: reasonText(facts.textCode, facts.texts, language),
    decideByOn,
  }));
}

/** Whoever may decide that day: the approver, and who stands in directly or at the end of the chain. */
function asked({ approverId, on, people }: MailFacts['approval']): ColleagueJson[] {
  const known = peopleById(
    people.map(({ id, active, delegations }) => ({
      id,
      active,
      delegations,
      roles: [],
      managerId: null,
      team: null,
      limits: [],
    })),
  );
  const approver = approverId === null ? undefined : known.get(approverId);
  if (!approver) return [];
  const ids = new Set([approver.id, delegateOn(approver, on, known)?.id, actingOn(approver, on, known).id]);
  const deciding = people.filter(({ id }) => ids.has(id));
  return deciding.sort((a, b) => Number(b.id === approverId) - Number(a.id === approverId));
}

function task(facts: MailFacts['task'], senderName: string): Written {
  const { taskKind, role, status, leadId, wait, on, people } = facts;
  if (status !== 'open') return { skipped: 'the task is resolved' };
  const overdue = overdueWait(taskKind);
  if (overdue && role !== 'rep') {
    return toColleagues(people, 'escalation', () => ({
      sellerName: senderName,
      wait: overdue,
      leadId,
      sinceOn: wait?.sinceOn ?? on,
      dueOn: on, // It is queued by the step that runs when the time is over.
    }));
  }
  return toColleagues(people, 'task', (language) => ({
    sellerName: senderName,
    ...taskWords(taskKind, language),
    reference: leadId,
    dueOn: wait?.untilOn ?? null,
  }));
}

function overdueWait(taskKind: string): WaitKind | undefined {
  const kind = taskKind.replace(/_overdue$/, '');
  return kind !== taskKind && kind in WAITS ? (kind as WaitKind) : undefined;
}

/** The first of them mail can go to. */
function reachable(...candidates: readonly (AddresseeJson | null)[]): Addressee | undefined {
  return candidates.find((candidate): candidate is Addressee => Boolean(candidate?.email));
}

/** Bills go to the account's own address, and to the contact where it has none. */
const billed = ({ account, contact }: CustomerJson) => reachable(account, contact);

function one<T extends MailTemplate>(
  to: Addressee,
  template: T,
  content: Content<T>,
  ...attachments: MailAttachment[]
): Written {
  return { letters: [letter('', to, template, content, attachments)] };
}

function toColleagues<T extends MailTemplate>(
  people: readonly ColleagueJson[],
  template: T,
  contentIn: (language: Language) => Content<T>,
): Written {
  const reached = people.filter((one): one is ColleagueJson & Addressee => one.active && Boolean(one.email));
  if (reached.length === 0) return { skipped: 'nobody to tell is active and has an e-mail address' };
  return {
    letters: reached.map((to) => letter(`-${to.id}`, to, template, contentIn(to.language), [])),
  };
}

function letter<T extends MailTemplate>(
  suffix: string,
  to: Addressee,
  template: T,
  content: Content<T>,
  attachments: readonly MailAttachment[],
): Letter {
  // No page of ours can be opened without signing in to the API yet, so no mail has a button.
  const data = { ...content, recipientName: to.name, url: null } as unknown as MailData[T];
  return {
    ...renderMail(template, to.language, data),
    suffix,
    to: to.email,
    language: to.language,
    attachments,
  };
}

function pdf(name: string, content: Buffer): MailAttachment {
  return { filename: `${name}.pdf`, contentType: 'application/pdf', content };
}
