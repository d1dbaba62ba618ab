// From a chain of records to its explanation: one step per record, with amount, source and version, and the
// sentence a person reads. Nothing is computed here; what the records do not say is not said.

import type { ExplanationStep, ExplanationView } from '../contracts/explanations.js';
import type {
  CashChain,
  CommissionChain,
  DealChain,
  InvoiceChain,
  LeadChain,
  LineChain,
  PayoutChain,
  PriceStep,
  QuoteChain,
  QuotePriceChain,
} from '../db/explanationTypes.js';
import { day, money, type Pen, percent, quantity, tell, view } from './explanationPen.js';
import { bookOf, paidBy, treatmentOf, wordOf } from './explanationTexts.js';
import { reasonText } from './reasonTexts.js';
import type { Language } from './types.js';

/** Why a payee earned (or lost) the amount of one commission line. */
export function explainCommission(chain: CommissionChain, language: Language): ExplanationView {
  const pen: Pen = { language, currency: chain.currency, steps: [] };
  const { amountMinor, payee, planVersion, family, rateBps } = chain;
  const on = day(pen, chain.earnedOn);
  if (chain.corrects === null) tell(pen, 'commission', chain.id, { amountMinor, words: { payee, on } });
  else {
    tell(pen, 'correction', chain.id, {
      amountMinor,
      source: chain.corrects,
      words: { on },
    });
  }
  tell(pen, 'rate', `commission/${planVersion}`, {
    source: `policy:commission@${planVersion}`,
    version: planVersion,
    as: chain.component === 'direct' ? 'rate' : 'override',
    words: { rate: percent(pen, rateBps), family, reports: chain.reports.join(', ') },
  });
  if (chain.component === 'direct' && chain.shareBps !== null) {
    const roles = chain.roles.map((role) => wordOf(role, language)).join(', ');
    tell(pen, 'split', chain.payeeId, { words: { payee, share: percent(pen, chain.shareBps), roles } });
  }
  tell(pen, 'basis', chain.line.id, {
    amountMinor: chain.basisMinor,
    words: { basis: money(pen, chain.basisMinor), toDate: money(pen, chain.basisToDateMinor) },
  });
  const { cash, invoice } = chain;
  tell(pen, 'allocation', cash.id, {
    amountMinor: cash.amountMinor,
    source: cash.cause,
    as: 'lineCash',
    words: { invoice: invoice.number, on: day(pen, cash.valueOn), line: money(pen, chain.lineCashMinor) },
  });
  tellPayment(pen, cash);
  tellLine(pen, chain.line);
  tellDeal(pen, chain.deal);
  return view(pen, 'commission', chain.id, amountMinor);
}

/** Why an invoice asks what it asks, and what became of it. */
export function explainInvoice(chain: InvoiceChain, language: Language): ExplanationView {
  const pen: Pen = { language, currency: chain.currency, steps: [] };
  const isNote = chain.kind === 'credit_note';
  tell(pen, isNote ? 'credit_note' : 'invoice', chain.id, {
    amountMinor: chain.grossMinor,
    source: chain.creditsId,
    words: {
      number: chain.number,
      on: day(pen, chain.issuedOn),
      net: money(pen, chain.netMinor),
      tax: money(pen, chain.taxMinor),
      open: money(pen, chain.openMinor),
    },
  });
  for (const line of chain.lines) tellLine(pen, line, true);
  for (const cash of chain.cash) {
    const words = { invoice: chain.number, on: day(pen, cash.valueOn) };
    tell(pen, 'allocation', cash.id, { amountMinor: cash.amountMinor, source: cash.cause, words });
    tellPayment(pen, cash);
  }
  for (const { id, number, grossMinor } of chain.creditNotes) {
    tell(pen, 'credit_note', id, { amountMinor: grossMinor, words: { number } });
  }
  for (const { id, amountMinor, reason } of chain.writeOffs) {
    tell(pen, 'write_off', id, { amountMinor, source: reason, words: { reason } });
  }
  for (const { id, number, amountMinor, openMinor } of chain.chargeNotes) {
    tell(pen, 'charge_note', id, {
      amountMinor,
      as: 'charge_note_of',
      words: { number, open: money(pen, openMinor) },
    });
  }
  tellDeal(pen, chain.deal);
  return view(pen, 'invoice', chain.id, chain.grossMinor);
}

/** What a payout pays to whom, and the commission lines it settles; each currency speaks for itself. */
export function explainPayout(chain: PayoutChain, language: Language): ExplanationView {
  const steps: ExplanationStep[] = [];
  const currencies = new Set(chain.lines.map(({ currency }) => currency));
  for (const { payee, currency, earnedMinor, paidMinor, releasedBy, releasedOn } of chain.lines) {
    const pen: Pen = { language, currency, steps };
    const on = releasedOn === null ? '' : day(pen, releasedOn);
    tell(pen, 'payout', chain.id, {
      amountMinor: paidMinor,
      source: releasedBy ?? (releasedOn === null ? null : `policy:commission@${chain.planVersion}`),
      version: chain.planVersion,
      as: releasedOn === null ? 'payout' : releasedBy === null ? 'plan_released' : 'released',
      words: { payee, earned: money(pen, earnedMinor), by: releasedBy ?? '', on },
    });
  }
  for (const line of chain.commissions) {
    const pen: Pen = { language, currency: line.currency, steps };
    tell(pen, 'commission', line.id, {
      amountMinor: line.amountMinor,
      source: `policy:commission@${line.planVersion}`,
      version: line.planVersion,
      as: 'payout_line',
      words: {
        payee: line.payee,
        rate: percent(pen, line.rateBps),
        basis: money(pen, line.basisMinor),
        invoice: line.invoiceNumber,
      },
    });
  }
  const total = chain.lines.reduce((sum, { paidMinor }) => sum + BigInt(paidMinor), 0n).toString();
  const [currency = 'EUR'] = currencies;
  return view({ language, currency, steps }, 'payout', chain.id, currencies.size === 1 ? total : null);
}

/** How the price of a revision came about. */
export function explainQuote(chain: QuotePriceChain, language: Language): ExplanationView {
  const { quote } = chain;
  const pen: Pen = { language, currency: quote.currency, steps: [] };
  for (const { position, name, taxMinor, rateBps, treatment, waterfall } of chain.lines) {
    tellPrice(pen, `${quote.id}/${quote.revision}/${position}`, name, waterfall);
    const words = { rate: percent(pen, rateBps), treatment: treatmentOf(treatment, pen.language) };
    tell(pen, 'tax', `${quote.id}/${quote.revision}/${position}`, {
      amountMinor: taxMinor,
      source: treatment,
      words,
    });
  }
  tellQuote(pen, quote);
  tellLead(pen, chain.lead);
  return view(pen, 'quote', quote.id, quote.grossMinor);
}

export function tellPayment(pen: Pen, { payment }: CashChain): void {
  const { id, amountMinor, provider, method, reference, paidOn } = payment;
  const words = { reference, by: paidBy(method, provider, pen.language), on: day(pen, paidOn) };
  tell(pen, 'payment', id, { amountMinor, source: `${provider}:${reference}`, words });
}

function tellLine(pen: Pen, line: LineChain, withTax = false): void {
  const { orderLine } = line;
  const { name, sku } = orderLine;
  const words = { position: String(line.position), quantity: quantity(pen, line.quantity), name };
  tell(pen, 'invoice_line', line.id, { amountMinor: line.netMinor, words });
  if (withTax) {
    const { taxMinor: amountMinor, rateBps, treatment } = line;
    const words = { rate: percent(pen, rateBps), treatment: treatmentOf(treatment, pen.language) };
    tell(pen, 'tax', line.id, { amountMinor, source: `${treatment}:${orderLine.taxReason}`, words });
  }
  const sold = { quantity: quantity(pen, orderLine.quantity), name, sku };
  tell(pen, 'order_line', orderLine.id, { amountMinor: orderLine.netMinor, words: sold });
  if (line.waterfall) tellPrice(pen, orderLine.id, name, line.waterfall);
}

function tellPrice(pen: Pen, id: string, name: string, waterfall: readonly PriceStep[]): void {
  for (const { step, source, book, bps, amountMinor, runningMinor } of waterfall) {
    const words = {
      name,
      book: bookOf(book, pen.language),
      step: wordOf(step, pen.language),
      rate: bps === null ? '' : percent(pen, bps),
      running: money(pen, runningMinor),
    };
    tell(pen, 'price', id, { amountMinor, source, as: step === 'list' ? 'price_list' : 'price_step', words });
  }
}

export function tellDeal(pen: Pen, { order, quote, lead }: DealChain): void {
  const { id, number, orderedOn, netMinor: amountMinor } = order;
  tell(pen, 'order', id, { amountMinor, words: { number, on: day(pen, orderedOn) } });
  tellQuote(pen, quote);
  tellLead(pen, lead);
}

function tellQuote(pen: Pen, quote: QuoteChain): void {
  tell(pen, 'quote', quote.id, {
    amountMinor: quote.netMinor,
    version: quote.revision,
    source: Object.entries(quote.pins)
      .map(([kind, version]) => `policy:${kind}@${version}`)
      .join(' ')
      .slice(0, 300),
    words: { list: money(pen, quote.listMinor), rate: percent(pen, quote.discountBps) },
  });
  if (quote.approvals.length === 0) {
    tell(pen, 'approval', quote.id, { as: 'no_approval', version: quote.revision });
  }
  for (const { id, ruleId, textCode, texts, status, by, on, amountMinor } of quote.approvals) {
    const isDecided = by !== null && on !== null && (status === 'approved' || status === 'rejected');
    tell(pen, 'approval', id, {
      amountMinor,
      source: `rule:${ruleId}`,
      version: quote.pins.approval ?? null,
      as: isDecided ? status : 'approval_waiting',
      words: {
        rule: ruleId,
        why: reasonText(textCode, texts, pen.language),
        status: wordOf(status, pen.language),
        ...(isDecided && { by, on: day(pen, on) }),
      },
    });
  }
}

function tellLead(pen: Pen, { id, channel, campaign, capturedOn }: LeadChain): void {
  tell(pen, 'lead', id, {
    source: campaign === null ? channel : `${channel}:${campaign}`.slice(0, 300),
    as: campaign === null ? 'lead' : 'lead_campaign',
    words: { channel: wordOf(channel, pen.language), campaign: campaign ?? '', on: day(pen, capturedOn) },
  });
}
