// The sentences of an explanation in each language. They say what stands in the records and compute nothing.
import type { Treatment } from '../domain/taxes/treatment.js';
import { TEXTS as DOCUMENT_TEXTS } from './texts.js';
import type { Language } from './types.js';

/** What a sentence may name; every value is text already written for the language. */
export type Words = Readonly<Record<string, string>>;

type Sentences = Readonly<Record<string, (w: Words) => string>>;

const en: Sentences = {
  commission: (w) => `${w.payee} earned ${w.amount} on ${w.on}.`,
  correction: (w) => `This line corrects an earlier one: ${w.amount} of commission on ${w.on}.`,
  rate: (w) =>
    `The rate is ${w.rate} for the family ${w.family}, by version ${w.version} of the commission plan.`,
  override: (w) =>
    `The rate is ${w.rate} as manager of ${w.reports}, by version ${w.version} of the commission plan.`,
  split: (w) => `${w.payee} is credited ${w.share} of the sale as ${w.roles}.`,
  basis: (w) =>
    `The basis is ${w.basis}; with what was booked before, ${w.toDate} of this invoice line to date.`,
  allocation: (w) => `${w.amount} were put on invoice ${w.invoice} with value ${w.on}.`,
  lineCash: (w) =>
    `${w.amount} were put on invoice ${w.invoice} with value ${w.on}, ${w.line} of it on this line.`,
  payment: (w) => `The money is payment ${w.reference} of ${w.amount}, paid ${w.by} on ${w.on}.`,
  invoice: (w) =>
    `Invoice ${w.number} of ${w.on}: net ${w.net}, tax ${w.tax}, gross ${w.amount}, open ${w.open}.`,
  credit_note: (w) => `Credit note ${w.number} takes back ${w.amount}.`,
  write_off: (w) => `${w.amount} were written off: ${w.reason}.`,
  charge_note: (w) => `Charge note ${w.number} of ${w.on} charges ${w.amount}, ${w.open} of it open.`,
  charge_note_of: (w) => `Charge note ${w.number} charges ${w.amount} beside it, ${w.open} of it open.`,
  reminder: (w) => `It came with the reminder of ${w.on}, level ${w.level}.`,
  reminder_fee: (w) => `The fee of the reminder is ${w.amount}.`,
  flat_compensation: (w) => `The flat compensation for late payment is ${w.amount}, once for the invoice.`,
  interest: (w) => `Late interest is ${w.amount}: simple, actual/365, rounded once.`,
  interest_period: (w) =>
    `From ${w.from} to ${w.until} (${w.days} days) ${w.amount} were open, at ${w.rate} a year.`,
  charge_allocation: (w) => `${w.amount} were put on charge note ${w.number} with value ${w.on}.`,
  waiver: (w) => `${w.by} waived ${w.amount} on ${w.on}: ${w.reason}.`,
  late_invoice: (w) => `Invoice ${w.number} of ${w.on} over ${w.amount} was due on ${w.due}.`,
  invoice_line: (w) => `Line ${w.position} of the invoice bills ${w.quantity} × ${w.name}: net ${w.amount}.`,
  tax: (w) => `Its tax is ${w.amount}: ${w.rate} VAT (${w.treatment}).`,
  order_line: (w) => `The order line sold ${w.quantity} × ${w.name} (${w.sku}) for ${w.amount} net.`,
  order: (w) => `Order ${w.number} of ${w.on} over ${w.amount} net.`,
  price_list: (w) => `${w.name}: list price ${w.amount} from ${w.book}.`,
  price_step: (w) => `${w.name}: ${w.step} ${w.rate} changes the price by ${w.amount} to ${w.running}.`,
  quote: (w) => `Revision ${w.version} of the quote: list ${w.list}, discount ${w.rate}, net ${w.amount}.`,
  approved: (w) => `${w.by} approved it on ${w.on} by rule ${w.rule} (${w.why}).`,
  rejected: (w) => `${w.by} rejected it on ${w.on} by rule ${w.rule} (${w.why}).`,
  approval_waiting: (w) => `Approval by rule ${w.rule} (${w.why}) is ${w.status}.`,
  no_approval: () => 'Nobody had to approve it.',
  lead: (w) => `The lead came by ${w.channel} on ${w.on}.`,
  lead_campaign: (w) => `The lead came by ${w.channel}, campaign ${w.campaign}, on ${w.on}.`,
  payout: (w) => `${w.payee}: ${w.earned} earned in this payout, ${w.amount} paid.`,
  released: (w) =>
    `${w.payee}: ${w.earned} earned in this payout, ${w.amount} paid, released by ${w.by} on ${w.on}.`,
  plan_released: (w) =>
    `${w.payee}: ${w.earned} earned in this payout, ${w.amount} paid on ${w.on}; the approval of the plan is the release.`,
  payout_line: (w) => `${w.payee}: ${w.amount} is ${w.rate} of ${w.basis} paid on invoice ${w.invoice}.`,
};

const es: Sentences = {
  commission: (w) => `${w.payee} ganó ${w.amount} el ${w.on}.`,
  correction: (w) => `Esta línea corrige una anterior: ${w.amount} de comisión el ${w.on}.`,
  rate: (w) =>
    `El tipo es ${w.rate} para la familia ${w.family}, según la versión ${w.version} del plan de comisiones.`,
  override: (w) =>
    `El tipo es ${w.rate} como responsable de ${w.reports}, según la versión ${w.version} del plan de comisiones.`,
  split: (w) => `A ${w.payee} se le atribuye el ${w.share} de la venta como ${w.roles}.`,
  basis: (w) =>
    `La base es ${w.basis}; con lo ya contabilizado, ${w.toDate} de esta línea de factura hasta la fecha.`,
  allocation: (w) => `Se aplicaron ${w.amount} a la factura ${w.invoice} con valor ${w.on}.`,
  lineCash: (w) =>
    `Se aplicaron ${w.amount} a la factura ${w.invoice} con valor ${w.on}; de ellos, ${w.line} a esta línea.`,
  payment: (w) => `El dinero es el pago ${w.reference} de ${w.amount}, hecho ${w.by} el ${w.on}.`,
  invoice: (w) =>
    `Factura ${w.number} del ${w.on}: neto ${w.net}, impuestos ${w.tax}, total ${w.amount}, pendiente ${w.open}.`,
  credit_note: (w) => `El abono ${w.number} devuelve ${w.amount}.`,
  write_off: (w) => `Se dieron por incobrables ${w.amount}: ${w.reason}.`,
  charge_note: (w) => `La nota de cargo ${w.number} del ${w.on} carga ${w.amount}, pendiente ${w.open}.`,
  charge_note_of: (w) => `La nota de cargo ${w.number} carga además ${w.amount}, pendiente ${w.open}.`,
  reminder: (w) => `Se envió con el recordatorio del ${w.on}, nivel ${w.level}.`,
  reminder_fee: (w) => `Los gastos del recordatorio son ${w.amount}.`,
  flat_compensation: (w) => `La indemnización fija por demora es ${w.amount}, una vez por factura.`,
  interest: (w) => `Los intereses de demora son ${w.amount}: simples, días reales/365, redondeados una vez.`,
  interest_period: (w) =>
    `Del ${w.from} al ${w.until} (${w.days} días) estaban pendientes ${w.amount}, al ${w.rate} anual.`,
  charge_allocation: (w) => `Se aplicaron ${w.amount} a la nota de cargo ${w.number} con valor ${w.on}.`,
  waiver: (w) => `${w.by} condonó ${w.amount} el ${w.on}: ${w.reason}.`,
  late_invoice: (w) => `La factura ${w.number} del ${w.on} por ${w.amount} vencía el ${w.due}.`,
  invoice_line: (w) => `La línea ${w.position} factura ${w.quantity} × ${w.name}: neto ${w.amount}.`,
  tax: (w) => `Su impuesto es ${w.amount}: ${w.rate} de IVA (${w.treatment}).`,
  order_line: (w) => `La línea del pedido vendió ${w.quantity} × ${w.name} (${w.sku}) por ${w.amount} netos.`,
  order: (w) => `Pedido ${w.number} del ${w.on} por ${w.amount} netos.`,
  price_list: (w) => `${w.name}: precio de lista ${w.amount} según ${w.book}.`,
  price_step: (w) => `${w.name}: ${w.step} ${w.rate} cambia el precio en ${w.amount}, hasta ${w.running}.`,
  quote: (w) =>
    `Revisión ${w.version} del presupuesto: lista ${w.list}, descuento ${w.rate}, neto ${w.amount}.`,
  approved: (w) => `${w.by} lo aprobó el ${w.on} por la regla ${w.rule} (${w.why}).`,
  rejected: (w) => `${w.by} lo rechazó el ${w.on} por la regla ${w.rule} (${w.why}).`,
  approval_waiting: (w) => `La aprobación por la regla ${w.rule} (${w.why}) está ${w.status}.`,
  no_approval: () => 'Nadie tuvo que aprobarlo.',
  lead: (w) => `El contacto llegó por ${w.channel} el ${w.on}.`,
  lead_campaign: (w) => `El contacto llegó por ${w.channel}, campaña ${w.campaign}, el ${w.on}.`,
  payout: (w) => `${w.payee}: ${w.earned} ganados en esta liquidación, ${w.amount} pagados.`,
  released: (w) =>
    `${w.payee}: ${w.earned} ganados en esta liquidación, ${w.amount} pagados; la liberó ${w.by} el ${w.on}.`,
  plan_released: (w) =>
    `${w.payee}: ${w.earned} ganados en esta liquidación, ${w.amount} pagados el ${w.on}; ` +
    'la aprobación del plan es la liberación.',
  payout_line: (w) =>
    `${w.payee}: ${w.amount} es el ${w.rate} de ${w.basis} cobrados de la factura ${w.invoice}.`,
};

const TEXTS: Readonly<Record<Language, Sentences>> = { en, es };

const WORDS: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: {
    line_discount: 'discount',
    price_override: 'agreed price',
    quote_discount: 'discount on the quote',
    waiting: 'waiting',
    open: 'open',
    void: 'void',
    rep: 'representative',
    sdr: 'first contact',
    bank_transfer: 'by bank transfer',
    cash: 'in cash',
    card: 'by card',
    direct_debit: 'by direct debit',
  },
  es: {
    advertising: 'publicidad',
    social: 'redes sociales',
    website: 'la web',
    referral: 'recomendación',
    email: 'correo electrónico',
    event: 'un evento',
    partner: 'un socio',
    import: 'importación',
    unknown: 'vía desconocida',
    other: 'otra vía',
    line_discount: 'el descuento',
    price_override: 'el precio acordado',
    quote_discount: 'el descuento del presupuesto',
    waiting: 'a la espera',
    open: 'abierta',
    void: 'anulada',
    rep: 'comercial',
    sdr: 'primer contacto',
    bank_transfer: 'por transferencia',
    cash: 'en efectivo',
    card: 'con tarjeta',
    direct_debit: 'por domiciliación',
  },
};

/** A sentence by its name. RangeError for a name without a text: each exists in every language. */
export function sentence(name: string, language: Language, words: Words): string {
  const text = TEXTS[language][name];
  if (text === undefined) throw new RangeError(`no sentence ${name} in ${language}`);
  return text(words);
}

/** A code of the records as a word of the language; a code without a word stays as it is. */
export const wordOf = (code: string, language: Language): string =>
  WORDS[language][code] ?? code.replaceAll('_', ' ');

/** How a payment was made; only a payment provider is named, whose payout is another one than the customer's. */
export const paidBy = (method: string, provider: string, language: Language): string =>
  method === 'provider'
    ? `${{ en: 'through', es: 'a través de' }[language]} ${provider}`
    : wordOf(method, language);

/** The words of our documents for an EN 16931 code, as they stand inside a sentence. */
export function treatmentOf(code: string, language: Language): string {
  const name: string = DOCUMENT_TEXTS[language].treatments[code as Treatment];
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** Which prices a line was sold at; a book that is no longer known has no name. */
export function bookOf(
  book: { readonly name: string; readonly revision: number } | null,
  language: Language,
): string {
  if (book === null) return { en: 'the price book', es: 'la tarifa' }[language];
  return {
    en: `the price book ${book.name}, revision ${book.revision}`,
    es: `la tarifa ${book.name}, revisión ${book.revision}`,
  }[language];
}

/** @internal Names of the sentences of a language, so that a test can hold the languages against each other. */
export const sentenceNames = (language: Language): string[] => Object.keys(TEXTS[language]).sort();
