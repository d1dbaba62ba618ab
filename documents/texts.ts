// Decides the words printed on documents, in English and Spanish. `Texts` makes both languages carry the same
// keys and the same blanks: a missing translation does not compile. The words of e-mails are in mailTexts.ts.
import type { PaymentTerms } from '../domain/invoices/terms.js';
import type { Treatment } from '../domain/taxes/treatment.js';
import type { Language } from './types.js';

/** The same keys in every language; a sentence with blanks takes the same blanks. */
export type Translated<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...blanks: infer B) => string
      ? (...blanks: B) => string
      : Translated<T[K]>;
};

const en = {
  quote: 'Quote',
  invoice: 'Invoice',
  creditNote: 'Credit note',
  chargeNote: 'Charge note',
  number: 'Number',
  revision: (n: number) => `revision ${n}`,
  issued: 'Date of issue',
  taxPoint: 'Tax point',
  due: 'Due date',
  validUntil: 'Valid until',
  requestedDelivery: 'Requested delivery',
  order: 'Our order',
  purchaseOrder: 'Your order',
  customerNumber: 'Customer no.',
  vatId: 'VAT ID',
  originalInvoice: 'Corrects invoice',
  position: 'No.',
  description: 'Description',
  quantity: 'Quantity',
  unit: 'Unit',
  unitPrice: 'Unit price',
  discount: 'Discount',
  vatRate: 'VAT',
  net: 'Net',
  taxTreatment: 'VAT breakdown',
  rate: 'Rate',
  taxBase: 'Taxable amount',
  tax: 'VAT amount',
  totalNet: 'Net total',
  totalTax: 'VAT total',
  totalQuoted: 'Total',
  totalInvoiced: 'Amount due',
  totalCredited: 'Amount credited',
  totalCharged: 'Amount due',
  payment: 'Payment',
  conditions: 'Conditions',
  correction: 'Correction',
  termsAtOnce: 'Payable on receipt, without deduction.',
  termsNet: (days: number) =>
    `Payable within ${days} ${days === 1 ? 'day' : 'days'} of issue, without deduction.`,
  termsEndOfMonth: (days: number) => {
    const end = 'the end of the month of issue, without deduction.';
    return days === 0 ? `Payable by ${end}` : `Payable ${days} ${days === 1 ? 'day' : 'days'} after ${end}`;
  },
  payBy: (amount: string, date: string) => `Please pay ${amount} by ${date}.`,
  charges: {
    reminder_fee: (level: number) => `Reminder fee (reminder no. ${level})`,
    flat_compensation: () => 'Flat compensation for late payment',
    interest: () => 'Late interest',
  },
  chargedInvoice: 'For invoice',
  chargedInvoiceOf: (number: string, issued: string, due: string) =>
    `Invoice ${number} of ${issued} was due on ${due} and is still unpaid. It remains payable beside this note.`,
  interestOf: (from: string, until: string, days: number) =>
    `${from} to ${until} (${days} ${days === 1 ? 'day' : 'days'})`,
  interestPeriod: 'Period',
  principal: 'Open amount',
  interestRule: 'Simple interest: open amount × yearly rate × days ÷ 365, rounded once.',
  chargeAmount: 'Amount',
  iban: 'IBAN',
  bic: 'BIC',
  reference: 'Payment reference',
  validity: (date: string) => `This offer can be accepted up to and including ${date}.`,
  credited: (number: string, date: string) => `This credit note corrects invoice ${number} of ${date}.`,
  creditReason: 'Reason',
  page: (page: number, pages: number) => `Page ${page} of ${pages}`,
  continued: (title: string, number: string) => `${title} ${number}, continued`,
  taxNotes: {
    S: '',
    K: 'Intra-Community supply of goods, exempt from VAT (Article 138 of Directive 2006/112/EC).',
    AE: 'Reverse charge: VAT is to be accounted for by the customer (Article 196 of Directive 2006/112/EC).',
    G: 'Export of goods, exempt from VAT.',
    O: 'Outside the scope of VAT.',
    E: 'Exempt from VAT.',
    Z: 'Zero-rated for VAT.',
  } satisfies Record<Treatment, string>,
  treatments: {
    S: 'Standard',
    K: 'Intra-Community supply',
    AE: 'Reverse charge',
    G: 'Export',
    O: 'Outside the scope',
    E: 'Exempt',
    Z: 'Zero rate',
  } satisfies Record<Treatment, string>,
  /** An article of Directive 2006/112/EC, as the exemption of treatments E and Z. */
  article: (article: string, part: string) => `Article ${article}${part} of Directive 2006/112/EC`,
  units: {
    piece: 'pc',
    pieces: 'pcs',
    hour: 'h',
    day: 'day',
    month: 'month',
    year: 'year',
    user: 'user',
    licence: 'licence',
    seat: 'seat',
    visit: 'visit',
    session: 'session',
    week: 'week',
    pack: 'pack',
    pair: 'pair',
    set: 'set',
    flat: 'flat',
    'flat rate': 'flat rate',
    box: 'box',
    kg: 'kg',
    m: 'm',
    l: 'l',
  },
};

export type Texts = Translated<typeof en>;

const es: Texts = {
  quote: 'Oferta',
  invoice: 'Factura',
  creditNote: 'Factura rectificativa',
  chargeNote: 'Nota de cargo',
  number: 'Número',
  revision: (n) => `revisión ${n}`,
  issued: 'Fecha de expedición',
  taxPoint: 'Fecha de operación',
  due: 'Vencimiento',
  validUntil: 'Válida hasta',
  requestedDelivery: 'Entrega solicitada',
  order: 'Nuestro pedido',
  purchaseOrder: 'Su pedido',
  customerNumber: 'N.º de cliente',
  vatId: 'NIF-IVA',
  originalInvoice: 'Rectifica la factura',
  position: 'N.º',
  description: 'Descripción',
  quantity: 'Cantidad',
  unit: 'Unidad',
  unitPrice: 'Precio unitario',
  discount: 'Descuento',
  vatRate: 'IVA',
  net: 'Importe',
  taxTreatment: 'Desglose del IVA',
  rate: 'Tipo',
  taxBase: 'Base imponible',
  tax: 'Cuota de IVA',
  totalNet: 'Total sin IVA',
  totalTax: 'Total IVA',
  totalQuoted: 'Total',
  totalInvoiced: 'Total a pagar',
  totalCredited: 'Total abonado',
  totalCharged: 'Total a pagar',
  payment: 'Pago',
  conditions: 'Condiciones',
  correction: 'Rectificación',
  termsAtOnce: 'Pago al contado, sin descuento.',
  termsNet: (days) =>
    `Pago a ${days} ${days === 1 ? 'día' : 'días'} de la fecha de expedición, sin descuento.`,
  termsEndOfMonth: (days) =>
    days === 0
      ? 'Pago a fin del mes de expedición, sin descuento.'
      : `Pago a ${days} ${days === 1 ? 'día' : 'días'} del fin del mes de expedición, sin descuento.`,
  payBy: (amount, date) => `Le rogamos que abone ${amount} antes del fin del día ${date}.`,
  charges: {
    reminder_fee: (level) => `Gastos de reclamación (recordatorio n.º ${level})`,
    flat_compensation: () => 'Indemnización fija por demora',
    interest: () => 'Intereses de demora',
  },
  chargedInvoice: 'Por la factura',
  chargedInvoiceOf: (number, issued, due) =>
    `La factura ${number} del ${issued} venció el ${due} y sigue sin pagar. Debe abonarse además de esta nota.`,
  interestOf: (from, until, days) => `Del ${from} al ${until} (${days} ${days === 1 ? 'día' : 'días'})`,
  interestPeriod: 'Período',
  principal: 'Importe pendiente',
  interestRule: 'Interés simple: importe pendiente × tipo anual × días ÷ 365, redondeado una sola vez.',
  chargeAmount: 'Importe',
  iban: 'IBAN',
  bic: 'BIC',
  reference: 'Concepto del pago',
  validity: (date) => `Esta oferta puede aceptarse hasta el ${date} inclusive.`,
  credited: (number, date) => `Esta factura rectifica la factura ${number} del ${date}.`,
  creditReason: 'Motivo',
  page: (page, pages) => `Página ${page} de ${pages}`,
  continued: (title, number) => `${title} ${number}, continuación`,
  taxNotes: {
    S: '',
    K: 'Entrega intracomunitaria de bienes exenta de IVA (artículo 138 de la Directiva 2006/112/CE).',
    AE: 'Inversión del sujeto pasivo: IVA a cargo del cliente (artículo 196 de la Directiva 2006/112/CE).',
    G: 'Exportación de bienes exenta de IVA.',
    O: 'Operación no sujeta a IVA.',
    E: 'Operación exenta de IVA.',
    Z: 'Operación a tipo cero de IVA.',
  },
  treatments: {
    S: 'General',
    K: 'Entrega intracomunitaria',
    AE: 'Inversión del sujeto pasivo',
    G: 'Exportación',
    O: 'No sujeta',
    E: 'Exenta',
    Z: 'Tipo cero',
  },
  article: (article, part) => `artículo ${article}${part} de la Directiva 2006/112/CE`,
  units: {
    piece: 'ud.',
    pieces: 'uds.',
    hour: 'h',
    day: 'día',
    month: 'mes',
    year: 'año',
    user: 'usuario',
    licence: 'licencia',
    seat: 'puesto',
    visit: 'visita',
    session: 'sesión',
    week: 'semana',
    pack: 'paquete',
    pair: 'par',
    set: 'juego',
    flat: 'fijo',
    'flat rate': 'tarifa fija',
    box: 'caja',
    kg: 'kg',
    m: 'm',
    l: 'l',
  },
};

/** The words of documents by language. */
export const TEXTS: Readonly<Record<Language, Texts>> = { en, es };

/** The word for a unit of the catalogue; a unit nobody translated is printed as it is. */
export function unitText(unit: string, language: Language): string {
  const { units } = TEXTS[language];
  return Object.hasOwn(units, unit) ? units[unit as keyof typeof units] : unit;
}

/** The terms of payment as a sentence. */
export function termsText(terms: PaymentTerms, language: Language): string {
  const texts = TEXTS[language];
  if (terms.kind === 'end_of_month') return texts.termsEndOfMonth(terms.days);
  return terms.days === 0 ? texts.termsAtOnce : texts.termsNet(terms.days);
}

/**
 * The note the law wants under a document for a treatment; empty for S. Where the policy gives a reason of
 * its own for E, Z or O it is added: words as they are, `VATEX-EU-132-1A` as the article it names (code list
 * VATEX of EN 16931), because the customer's auditor reads articles and not codes.
 */
export function taxNote(treatment: Treatment, exemption: string | null, language: Language): string {
  const note = TEXTS[language].taxNotes[treatment];
  if (
    exemption === null ||
    treatment === 'S' ||
    treatment === 'K' ||
    treatment === 'AE' ||
    treatment === 'G'
  ) {
    return note;
  }
  if (exemption === 'VATEX-EU-O') return note;
  const reason = exemptionText(exemption, language);
  return `${note.slice(0, -1)}: ${reason.replace(/\.$/, '')}.`;
}

function exemptionText(exemption: string, language: Language): string {
  const code = /^VATEX-EU-(\d{2,3})(?:-(\d)?([A-Z]{1,2})?)?$/.exec(exemption.toUpperCase());
  if (code === null) return exemption;
  const [, article = '', paragraph, point] = code;
  const part = (paragraph ? `(${paragraph})` : '') + (point ? `(${point.toLowerCase()})` : '');
  return TEXTS[language].article(article, part);
}
