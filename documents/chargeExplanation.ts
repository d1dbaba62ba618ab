// Why a charge note asks what it asks: the reminder it came with, its fees, how its interest was counted, what
// became of it, and the invoice that was paid late.
import type { ExplanationView } from '../contracts/explanations.js';
import type { ChargeChain } from '../db/explanationTypes.js';
import { day, money, type Pen, percent, tell, view } from './explanationPen.js';
import { tellDeal, tellPayment } from './explanations.js';
import type { Language } from './types.js';

export function explainCharge(chain: ChargeChain, language: Language): ExplanationView {
  const pen: Pen = { language, currency: chain.currency, steps: [] };
  const { id, number, totalMinor: amountMinor, invoice } = chain;
  const words = { number, on: day(pen, chain.issuedOn), open: money(pen, chain.openMinor) };
  tell(pen, 'charge_note', id, { amountMinor, words });
  tell(pen, 'reminder', chain.letter.id, {
    words: { level: String(chain.level), on: day(pen, chain.letter.decidedOn) },
  });
  tellLines(pen, chain);
  for (const cash of chain.cash) {
    const put = { amountMinor: cash.amountMinor, source: cash.cause, as: 'charge_allocation' };
    tell(pen, 'allocation', cash.id, { ...put, words: { number, on: day(pen, cash.valueOn) } });
    tellPayment(pen, cash);
  }
  for (const { id: waiverId, amountMinor: waived, reason, by, on } of chain.waivers) {
    tell(pen, 'waiver', waiverId, {
      amountMinor: waived,
      source: reason,
      words: { reason, by, on: day(pen, on) },
    });
  }
  for (const { id: writeOffId, amountMinor: writtenOff, reason } of chain.writeOffs) {
    tell(pen, 'write_off', writeOffId, { amountMinor: writtenOff, source: reason, words: { reason } });
  }
  tell(pen, 'invoice', invoice.id, {
    amountMinor: invoice.grossMinor,
    as: 'late_invoice',
    words: { number: invoice.number, on: day(pen, invoice.issuedOn), due: day(pen, invoice.dueOn) },
  });
  tellDeal(pen, chain.deal);
  return view(pen, 'charge_note', id, amountMinor);
}

function tellLines(pen: Pen, { id, lines, dunning }: ChargeChain): void {
  for (const { kind, amountMinor, periods } of lines) {
    tell(pen, kind === 'interest' ? 'interest' : 'fee', id, {
      amountMinor,
      source: dunning === null ? null : `policy:dunning@${dunning}`,
      version: dunning,
      as: kind,
    });
    for (const { fromOn, untilOn, days, principalMinor, rateBps } of periods ?? []) {
      tell(pen, 'interest', id, {
        amountMinor: principalMinor,
        as: 'interest_period',
        words: {
          from: day(pen, fromOn),
          until: day(pen, untilOn),
          days: String(days),
          rate: percent(pen, rateBps),
        },
      });
    }
  }
}
