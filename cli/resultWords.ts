// What the commands that take data in or repair say of their result, in English and Spanish. Reasons come from the
// API or the engine as they are.
import type { Ahead } from './restored.js';
import type { Language } from './words.js';

export const IMPORT_WORDS = {
  en: {
    read: 'read',
    created: 'new',
    known: 'known',
    refused: 'refused',
    line: 'line',
    more: (count: number) => `and ${count} more`,
    dry: 'dry run: nothing was written',
    stopped: 'it went no further',
  },
  es: {
    read: 'leídas',
    created: 'nuevas',
    known: 'conocidas',
    refused: 'rechazadas',
    line: 'línea',
    more: (count: number) => `y ${count} más`,
    dry: 'simulación: no se escribió nada',
    stopped: 'no siguió adelante',
  },
} as const satisfies Record<Language, object>;

export const RECONCILE_WORDS = {
  en: {
    checked: (rows: number) => `${rows} leads and payout runs checked`,
    result: (rows: number, started: number, ending: number, looked: number) =>
      `${rows} leads and payout runs: ${started} workflows started, ${ending} told to end, ${looked} told to look`,
    dryRun: 'nothing was done; it would be: ',
    ahead: (one: Ahead) =>
      `knows more than its row: revision ${one.knownRevision ?? '-'} over ${one.storedRevision ?? 'none'}, ` +
      `${one.messages.length} messages, ${one.mails.length} mails, ${one.payoutLines} payout lines; ` +
      'it is left as it is (docs/operations.md, Restored)',
    withoutRow: 'runs without a row',
  },
  es: {
    checked: (rows: number) => `${rows} contactos y liquidaciones comprobados`,
    result: (rows: number, started: number, ending: number, looked: number) =>
      `${rows} contactos y liquidaciones: ${started} procesos iniciados, ${ending} por terminar, ${looked} avisados`,
    dryRun: 'no se hizo nada; sería: ',
    ahead: (one: Ahead) =>
      `sabe más que su registro: revisión ${one.knownRevision ?? '-'} sobre ${one.storedRevision ?? 'ninguna'}, ` +
      `${one.messages.length} mensajes, ${one.mails.length} correos, ${one.payoutLines} líneas de liquidación; ` +
      'se deja como está (docs/operations.md, Restored)',
    withoutRow: 'está en marcha sin registro',
  },
} as const satisfies Record<Language, object>;
