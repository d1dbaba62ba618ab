// Decides what a task is called when somebody is told of it, in English and Spanish: what is to be decided,
// and no name of anybody.
import type { Language } from './types.js';

type Title = Readonly<Record<Language, string>>;

const TITLES = new Map<string, Title>([
  ['qualification_overdue', { en: 'Qualify the lead', es: 'Cualificar el contacto' }],
  ['no_owner', { en: 'Give the lead an owner', es: 'Asignar un responsable al contacto' }],
  ['quote_overdue', { en: 'Send the quote', es: 'Enviar la oferta' }],
  ['approval_overdue', { en: 'Decide who approves', es: 'Decidir quién aprueba' }],
  ['delivery_overdue', { en: 'Deliver the order', es: 'Entregar el pedido' }],
  ['payout_overdue', { en: 'Pay the commission', es: 'Pagar la comisión' }],
  [
    'delivery_beyond_order',
    { en: 'More was delivered than ordered', es: 'Se ha entregado más de lo pedido' },
  ],
  [
    'delivery_after_cancellation',
    { en: 'Delivered after the cancellation', es: 'Entregado después de la cancelación' },
  ],
  ['rules_missing', { en: 'Make a missing rule', es: 'Crear una regla que falta' }],
  ['credit_note_requested', { en: 'Approve a credit note', es: 'Aprobar un abono' }],
  ['cancellation_requested', { en: 'Approve a cancellation', es: 'Aprobar una cancelación' }],
  ['step_stuck', { en: 'A step of the deal is stuck', es: 'Un paso de la operación está bloqueado' }],
  [
    'message_unknown',
    { en: 'The engine told a message nobody stored', es: 'El motor comunicó un mensaje que nadie guardó' },
  ],
  [
    'restored_behind',
    {
      en: 'The database was restored and lacks what this deal has done',
      es: 'La base de datos restaurada no tiene lo que esta operación ya hizo',
    },
  ],
  ['mail_failed', { en: 'An e-mail did not arrive', es: 'Un correo no ha llegado' }],
]);

const OTHER: Title = { en: 'A decision is needed', es: 'Se necesita una decisión' };

/** The title of a kind of task; a plain one for a kind without its own words. */
export function taskTitle(kind: string, language: Language): string {
  return (TITLES.get(kind) ?? OTHER)[language];
}
