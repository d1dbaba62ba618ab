// Decides what a task is called when somebody reads or is told of it, and what they can do about it, in English
// and Spanish: no name of anybody, no amount. Those are in the task's reason.
import type { TaskKind } from '../domain/tasks.js';
import type { Language } from './types.js';

/** What is to be decided, in a few words, and how to get it off the list. */
export interface TaskWords {
  readonly title: string;
  readonly toDo: string;
}
type Words = Readonly<Record<Language, TaskWords>>;

const words = (en: readonly [string, string], es: readonly [string, string]): Words => ({
  en: { title: en[0], toDo: en[1] },
  es: { title: es[0], toDo: es[1] },
});

const OVERDUE: Readonly<Record<Extract<TaskKind, `${string}_overdue`>, Words>> = {
  qualification_overdue: words(
    ['Qualify the lead', 'Qualify, nurture or disqualify it, or give it to somebody who has time.'],
    ['Cualificar el contacto', 'Cualifíquelo, madúrelo o descártelo, o páselo a quien tenga tiempo.'],
  ),
  quote_overdue: words(
    ['Send the quote', 'Submit a quote, or withdraw the lead if there will be none.'],
    ['Enviar la oferta', 'Presente una oferta, o retire el contacto si no va a haberla.'],
  ),
  approval_overdue: words(
    ['Decide who approves', 'Nobody above can approve it: give the approval to somebody, or a limit to one.'],
    ['Decidir quién aprueba', 'Nadie por encima puede aprobarla: asígnela, o dé a alguien un límite.'],
  ),
  delivery_overdue: words(
    ['Deliver the order', 'Deliver what is open and record it, or ask for the order to be cancelled.'],
    ['Entregar el pedido', 'Entregue lo pendiente y regístrelo, o pida que se cancele el pedido.'],
  ),
  payout_overdue: words(
    ['Pay the commission', 'Calculate the payout run the commission belongs to and have it released.'],
    ['Pagar la comisión', 'Calcule la liquidación a la que pertenece y haga que se libere.'],
  ),
  task_overdue: words(
    [
      'An unpaid invoice is still undecided',
      'Settle the task about the invoice: it has been open for too long.',
    ],
    [
      'Una factura impagada sigue sin decisión',
      'Resuelva la tarea de la factura: lleva abierta demasiado tiempo.',
    ],
  ),
};

const PAYMENTS: Readonly<Record<Extract<TaskKind, `payment_${string}`>, Words>> = {
  payment_unknown_invoice: words(
    ['A payment names an invoice that does not exist', 'Ask the payer, and allocate the payment by hand.'],
    ['Un pago indica una factura que no existe', 'Pregunte a quien pagó y asigne el pago a mano.'],
  ),
  payment_settled_invoice: words(
    ['A payment names an invoice that is settled', 'Allocate it to another invoice, or give the money back.'],
    ['Un pago indica una factura ya saldada', 'Asígnelo a otra factura o devuelva el dinero.'],
  ),
  payment_currency_mismatch: words(
    ['A payment has another currency than its invoice', 'Ask the payer, and give it back or allocate it.'],
    ['Un pago tiene otra moneda que su factura', 'Pregunte a quien pagó, y devuélvalo o asígnelo.'],
  ),
  payment_overpaid: words(
    ['A payment is more than what was owed', 'Allocate what is left to another invoice, or give it back.'],
    ['Un pago supera lo que se debía', 'Asigne el resto a otra factura o devuélvalo.'],
  ),
  payment_other_customer: words(
    [
      'A payment is for the invoice of another customer',
      'Find out whether payer or invoice is right, then allocate it.',
    ],
    [
      'Un pago es para la factura de otro cliente',
      'Averigüe si es correcto el pagador o la factura y asígnelo.',
    ],
  ),
  payment_several_candidates: words(
    [
      'A payment fits several invoices',
      'Choose the invoice, with the payer’s word where possible, and allocate it.',
    ],
    ['Un pago encaja con varias facturas', 'Elija la factura, a ser posible preguntando, y asígnelo.'],
  ),
  payment_no_candidate: words(
    ['A payment fits no open invoice', 'Look at what is proposed, allocate it in parts, or give it back.'],
    ['Un pago no encaja con ninguna factura abierta', 'Vea lo propuesto, asígnelo por partes o devuélvalo.'],
  ),
  payment_unknown_payer: words(
    ['Nobody knows who a payment is from', 'Find the payer by the bank’s reference, then allocate it.'],
    ['No se sabe de quién es un pago', 'Busque al pagador por la referencia bancaria y asígnelo.'],
  ),
};

const TITLES: Readonly<Record<TaskKind, Words>> = {
  ...OVERDUE,
  ...PAYMENTS,
  no_owner: words(
    ['Give the lead an owner', 'Assign it to a rep or manager who is active.'],
    ['Asignar un responsable al contacto', 'Asígnelo a un comercial o responsable en activo.'],
  ),
  invoice_unpaid: words(
    [
      'An invoice stays unpaid after the last reminder',
      'Ring the customer; then collect, agree a date, or write it off.',
    ],
    [
      'Una factura sigue impagada tras el último aviso',
      'Llame al cliente; cobre, acuerde una fecha o dela por perdida.',
    ],
  ),
  return_due: words(
    ['Goods of a cancelled order have to come back', 'Fetch what was delivered, or charge for it.'],
    ['Hay que recuperar lo entregado de un pedido cancelado', 'Recoja lo entregado o cóbrelo.'],
  ),
  refund_due: words(
    ['Money is owed back to the customer', 'Pay it back at the bank, or allocate it to another invoice.'],
    ['Se debe devolver dinero al cliente', 'Devuélvalo por el banco o asígnelo a otra factura.'],
  ),
  delivery_beyond_order: words(
    ['More was delivered than ordered', 'Fetch the rest back, or sell it with an offer of its own.'],
    ['Se ha entregado más de lo pedido', 'Recoja lo sobrante o véndalo con otra oferta.'],
  ),
  delivery_after_cancellation: words(
    ['Delivered after the cancellation', 'Have the goods fetched back: nothing of it is invoiced.'],
    ['Entregado después de la cancelación', 'Haga que se recoja la mercancía: nada de ella se factura.'],
  ),
  plan_without_approvals: words(
    [
      'The commission plan lacks its two approvals',
      'It is paid with the monthly run unless two persons approve the plan.',
    ],
    [
      'Al plan de comisiones le faltan dos aprobaciones',
      'Se paga con la liquidación mensual si no lo aprueban dos personas.',
    ],
  ),
  payout_unreleased: words(
    ['Release the payout run', 'Check its lines and release them; nobody releases their own.'],
    ['Liberar la liquidación', 'Revise sus líneas y libérelas; nadie libera la suya.'],
  ),
  credit_note_requested: words(
    ['Approve a credit note', 'Approve or reject it; whoever asked for it may not.'],
    ['Aprobar un abono', 'Apruébelo o rechácelo; no puede hacerlo quien lo pidió.'],
  ),
  cancellation_requested: words(
    ['Approve a cancellation', 'Approve or reject it; whoever asked for it may not.'],
    ['Aprobar una cancelación', 'Apruébela o rechácela; no puede hacerlo quien la pidió.'],
  ),
  rules_missing: words(
    ['Make a missing rule', 'Make the policy that the reason names: the deal then goes on by itself.'],
    ['Crear una regla que falta', 'Cree la política que indica el motivo: la operación sigue sola.'],
  ),
  message_parked: words(
    [
      'Something was told too early and waits',
      'It is tried again at the next stage; find out why it came first.',
    ],
    [
      'Algo se comunicó antes de tiempo y espera',
      'Se reintenta en la siguiente fase; averigüe por qué llegó antes.',
    ],
  ),
  step_stuck: words(
    [
      'A step of the deal is stuck',
      'A fault of ours: look at the worker’s log; it is tried again by itself.',
    ],
    ['Un paso de la operación está bloqueado', 'Es un fallo nuestro: vea el registro; se reintenta solo.'],
  ),
  mail_failed: words(
    ['An e-mail did not arrive', 'Correct the address, and tell the addressee in another way.'],
    ['Un correo no ha llegado', 'Corrija la dirección y avise al destinatario por otra vía.'],
  ),
  message_unknown: words(
    [
      'The engine told a message nobody stored',
      'Find out who reaches the engine; nothing was changed by it.',
    ],
    ['El motor comunicó un mensaje que nadie guardó', 'Averigüe quién llega al motor; no ha cambiado nada.'],
  ),
  restored_behind: words(
    [
      'The database was restored and lacks what this deal has done',
      'Compare it with the bank and the mails, then adopt it: docs/operations.md, Restored.',
    ],
    [
      'La base de datos restaurada no tiene lo que esta operación ya hizo',
      'Compárela con el banco y los correos y adóptela: docs/operations.md, Restored.',
    ],
  ),
};

const OTHER = words(
  ['A decision is needed', 'See the reason, and say what was decided.'],
  ['Se necesita una decisión', 'Vea el motivo y diga qué se ha decidido.'],
);

/** The words of a kind of task; plain ones for a kind of a later version that this one does not know. */
export function taskWords(kind: string, language: Language): TaskWords {
  return (Object.hasOwn(TITLES, kind) ? TITLES[kind as TaskKind] : OTHER)[language];
}
