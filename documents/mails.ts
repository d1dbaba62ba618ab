// Decides what each e-mail says: subject, plain text and HTML, in English and Spanish. A mail names its
// recipient, the selling company and the business record it is about, and no other person.
import { dateText, ibanText, moneyText, percentText } from './formats.js';
import { html, type Letter, oneLine, plainText } from './letter.js';
import { MAIL_TEXTS } from './mailTexts.js';
import type {
  ApprovalMail,
  CancellationMail,
  EscalationMail,
  InvoiceMail,
  MailData,
  MailTemplate,
  OfferMail,
  OrderMail,
  ReceiptMail,
  ReminderMail,
  RenderedMail,
  TaskMail,
} from './mailTypes.js';
import type { Language } from './types.js';

/** Writes one mail. RangeError for a link that is not http(s), a date or a currency that is none. */
export function renderMail<T extends MailTemplate>(
  template: T,
  language: Language,
  data: MailData[T],
): RenderedMail {
  const write: Writer<T> = WRITERS[template];
  const { subject, button, ...parts } = write(data, language);
  const texts = MAIL_TEXTS[language];
  const { recipientName, sellerName, url } = data;
  const unnamed = INTERNAL.has(template) ? texts.greetingColleague : texts.greetingUnnamed;
  const letter: Letter = {
    facts: [],
    more: [],
    ...parts,
    language,
    subject: oneLine(subject),
    greeting: recipientName === null ? unnamed : texts.greeting(recipientName),
    button: url === null ? undefined : { label: button, url },
    closing: [texts.closing, sellerName, ...(INTERNAL.has(template) ? [texts.automatic] : [])],
  };
  return { subject: letter.subject, text: plainText(letter), html: html(letter) };
}

/** Templates that colleagues get, not customers. */
const INTERNAL: ReadonlySet<MailTemplate> = new Set<MailTemplate>([
  'approvalRequest',
  'approvalReminder',
  'escalation',
  'task',
]);

interface Written
  extends Pick<Letter, 'subject' | 'intro'>,
    Partial<Pick<Letter, 'facts' | 'table' | 'more'>> {
  readonly button: string;
}
type Writer<T extends MailTemplate> = (data: MailData[T], language: Language) => Written;

const WRITERS: { readonly [T in MailTemplate]: Writer<T> } = {
  offer: (data, language) => {
    const { offer } = MAIL_TEXTS[language];
    return {
      subject: offer.subject(data.quoteNumber, data.sellerName),
      intro: [offer.intro(data.quoteNumber)],
      facts: offerFacts(data, language),
      more: [offer.accept(dateText(data.validUntilOn, language))],
      button: offer.button,
    };
  },
  offerReminder: (data, language) => {
    const { offer, offerReminder } = MAIL_TEXTS[language];
    const until = dateText(data.validUntilOn, language);
    return {
      subject: offerReminder.subject(data.quoteNumber, until),
      intro: [offerReminder.intro(data.quoteNumber, until)],
      facts: offerFacts(data, language),
      more: [offerReminder.help],
      button: offer.button,
    };
  },
  order: orderMail,
  cancellation: cancellationMail,
  invoice: invoiceMail,
  creditNote: (data, language) => {
    const { creditNote, labels } = MAIL_TEXTS[language];
    return {
      subject: creditNote.subject(data.creditNoteNumber),
      intro: [creditNote.intro(data.creditNoteNumber, data.invoiceNumber)],
      facts: [
        [labels.creditNote, data.creditNoteNumber],
        [labels.amount, moneyText(data.amountMinor, data.currency, language)],
      ],
      button: creditNote.button,
    };
  },
  receipt: receiptMail,
  reminder: reminderMail,
  approvalRequest: (data, language) => approvalMail(data, language, false),
  approvalReminder: (data, language) => approvalMail(data, language, true),
  escalation: escalationMail,
  task: taskMail,
};

function offerFacts(data: OfferMail, language: Language): Letter['facts'] {
  const { labels } = MAIL_TEXTS[language];
  return [
    [labels.quote, data.quoteNumber],
    [labels.amount, moneyText(data.amountMinor, data.currency, language)],
    [labels.validUntil, dateText(data.validUntilOn, language)],
  ];
}

function orderMail(data: OrderMail, language: Language): Written {
  const { order } = MAIL_TEXTS[language];
  const { deliverByOn } = data;
  return {
    subject: order.subject(data.orderNumber),
    intro: [order.intro(data.orderNumber, dateText(data.orderedOn, language))],
    facts: orderFacts(data, language),
    more: deliverByOn === null ? [] : [order.deliverBy(dateText(deliverByOn, language))],
    button: order.button,
  };
}

function cancellationMail(data: CancellationMail, language: Language): Written {
  const { cancellation } = MAIL_TEXTS[language];
  const [ordered, cancelled] = [dateText(data.orderedOn, language), dateText(data.cancelledOn, language)];
  return {
    subject: cancellation.subject(data.orderNumber),
    intro: [cancellation.intro(data.orderNumber, ordered, cancelled)],
    facts: orderFacts(data, language),
    more: [cancellation.owed],
    button: cancellation.button,
  };
}

function orderFacts(data: OrderMail | CancellationMail, language: Language): Letter['facts'] {
  const { labels } = MAIL_TEXTS[language];
  return [
    [labels.order, data.orderNumber],
    ...(data.purchaseOrder === null ? [] : [[labels.yourOrder, data.purchaseOrder] as const]),
    [labels.amount, moneyText(data.amountMinor, data.currency, language)],
  ];
}

function invoiceMail(data: InvoiceMail, language: Language): Written {
  const { invoice, labels } = MAIL_TEXTS[language];
  const amount = moneyText(data.amountMinor, data.currency, language);
  const due = dateText(data.dueOn, language);
  return {
    subject: invoice.subject(data.invoiceNumber),
    intro: [invoice.intro(data.invoiceNumber)],
    facts: [
      [labels.invoice, data.invoiceNumber],
      [labels.amount, amount],
      [labels.due, due],
      ...ibanFact(data.iban, language),
    ],
    more: data.amountMinor > 0n ? [invoice.pay(amount, due)] : [],
    button: invoice.button,
  };
}

function receiptMail(data: ReceiptMail, language: Language): Written {
  const { receipt, labels } = MAIL_TEXTS[language];
  const amount = moneyText(data.amountMinor, data.currency, language);
  const open = moneyText(data.openMinor, data.currency, language);
  return {
    subject: receipt.subject(data.invoiceNumber),
    intro: [receipt.intro(amount, data.invoiceNumber)],
    facts: [
      [labels.invoice, data.invoiceNumber],
      [labels.amount, amount],
      [labels.paidOn, dateText(data.paidOn, language)],
    ],
    more: [data.openMinor === 0n ? receipt.paid : receipt.open(open)],
    button: receipt.button,
  };
}

function reminderMail(data: ReminderMail, language: Language): Written {
  const { reminder, labels } = MAIL_TEXTS[language];
  const { level, items, charges, announces, currency } = data;
  if (!Number.isInteger(level) || level < 1) throw new RangeError(`${level} is no dunning level from 1`);
  if (items.length + charges.length === 0)
    throw new RangeError('a reminder without an open invoice or charge note');
  const money = (minor: bigint) => moneyText(minor, currency, language);
  const numbers =
    items.length > 0 ? items.map(({ invoiceNumber }) => invoiceNumber) : charges.map(noteNumber);
  const invoices = numbers.join(', ');
  const fresh = charges.filter(({ isNew }) => isNew);
  const charged = fresh.reduce((sum, { openMinor }) => sum + openMinor, 0n);
  const last = announces !== null;
  const then = announces?.action === 'task' ? reminder.thenTask : reminder.thenWriteOff;
  return {
    subject: last
      ? reminder.subjectLast(invoices)
      : level === 1
        ? reminder.subjectFirst(invoices)
        : reminder.subjectAgain(String(level), invoices),
    intro: [last && level > 1 ? reminder.introLast : level === 1 ? reminder.introFirst : reminder.introAgain],
    table: {
      caption: labels.invoices,
      head: [labels.invoice, labels.due, labels.open],
      rows: [
        ...items.map((item) => [item.invoiceNumber, dateText(item.dueOn, language), money(item.openMinor)]),
        ...charges.map((note) => [
          `${labels.chargeNote} ${note.number}`,
          dateText(note.dueOn, language),
          money(note.openMinor),
        ]),
        [labels.total, '', money(data.totalMinor)],
      ],
    },
    more: [
      reminder.pay(money(data.totalMinor)),
      ...ibanFact(data.iban, language).map(([label, value]) => `${label}: ${value}`),
      ...(fresh.length > 0 ? [reminder.charged(money(charged), fresh.map(noteNumber).join(', '))] : []),
      ...(announces === null ? [] : [then(dateText(announces.on, language))]),
      reminder.crossed,
    ],
    button: reminder.button,
  };
}

const noteNumber = ({ number }: ReminderMail['charges'][number]): string => number;

function approvalMail(data: ApprovalMail, language: Language, again: boolean): Written {
  const { approval, labels } = MAIL_TEXTS[language];
  const number = `${data.quoteNumber}/${data.revision}`;
  return {
    subject: again ? approval.subjectReminder(number) : approval.subjectRequest(number),
    intro: [again ? approval.introReminder(number) : approval.introRequest(number)],
    facts: [
      [labels.quote, number],
      [labels.amount, moneyText(data.amountMinor, data.currency, language)],
      [labels.discount, percentText(data.discountBps, language)],
      [labels.why, data.why],
    ],
    more: [approval.decideBy(dateText(data.decideByOn, language))],
    button: approval.button,
  };
}

function escalationMail(data: EscalationMail, language: Language): Written {
  const { escalation, labels, waits } = MAIL_TEXTS[language];
  const what = waits[data.wait];
  return {
    subject: escalation.subject(what, data.leadId),
    intro: [escalation.intro(what, data.leadId)],
    facts: [
      [labels.lead, data.leadId],
      [labels.since, dateText(data.sinceOn, language)],
      [labels.dueUntil, dateText(data.dueOn, language)],
    ],
    button: escalation.button,
  };
}

function taskMail(data: TaskMail, language: Language): Written {
  const { task, labels } = MAIL_TEXTS[language];
  return {
    subject: task.subject(data.title),
    intro: [task.intro, data.toDo],
    facts: [
      [labels.task, data.title],
      [labels.reference, data.reference],
      ...(data.dueOn === null ? [] : [[labels.due, dateText(data.dueOn, language)] as const]),
    ],
    button: task.button,
  };
}

function ibanFact(iban: string | null, language: Language): (readonly [string, string])[] {
  return iban === null ? [] : [[MAIL_TEXTS[language].labels.iban, ibanText(iban)]];
}
