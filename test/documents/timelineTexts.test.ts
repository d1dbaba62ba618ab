import { describe, expect, test } from '@jest/globals';
import { timelineText } from '../../documents/timelineTexts.js';
import { DECISIONS } from '../../domain/messages.js';
import { FACT_STEPS } from '../../domain/steps.js';
import { OWN_STEPS } from '../../domain/waits.js';

const fact = { actorName: null, from: null, to: null };

describe('what a timeline says', () => {
  test.each(['en', 'es'] as const)('has words of its own for every step, in %s', (language) => {
    const steps = [...DECISIONS, ...Object.values(FACT_STEPS), ...OWN_STEPS, 'captureLead', 'giveUpMail'];
    const other = timelineText({ ...fact, action: 'unheard of' }, language);
    const said = steps.map((action) => timelineText({ ...fact, action }, language));
    expect(said).not.toContain(other);
    expect(new Set(said).size).toBe(new Set(steps).size);
  });

  test.each([
    [
      'a person',
      { action: 'declineQuote', actorName: 'Ana Ruiz' },
      'Ana Ruiz recorded that the offer was declined',
    ],
    ['nobody known', { action: 'declineQuote' }, 'The offer was declined'],
    [
      'the end',
      { action: 'expireOffer', from: 'offered', to: 'closed' },
      'The offer expired; the lead is closed',
    ],
    [
      'a new beginning',
      { action: 'reversePayment', from: 'closed', to: 'collecting' },
      'A payment was taken back; the lead is open again',
    ],
    ['what stays closed', { action: 'applyPayment', from: 'closed', to: 'closed' }, 'A payment came in'],
  ])('names %s', (_what, more, text) => {
    expect(timelineText({ ...fact, ...more }, 'en')).toBe(text);
  });

  test('says it in Spanish', () => {
    const entry = { ...fact, action: 'acceptQuote', actorName: 'Ana Ruiz' };
    expect(timelineText(entry, 'es')).toBe('Ana Ruiz registró la aceptación de la oferta');
  });
});
