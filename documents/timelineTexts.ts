// Decides what an entry of a lead's timeline says to a person, in English and Spanish: who did what. Amounts and
// ids stay in the entry's detail.
import type { StepName } from '../domain/steps.js';
import type { Language } from './types.js';

type Words = Readonly<Record<Language, string>>;
/** What is told of a lead beside the steps of its workflow. */
type Told = Exclude<StepName, 'look' | 'markStuck'> | 'captureLead' | 'draftQuote';

const words = (en: string, es: string): Words => ({ en, es });

/** After the person's name, as `Ana Ruiz qualified the lead`. */
const BY_PERSON: Readonly<Partial<Record<Told, Words>>> = {
  captureLead: words('brought the lead in', 'trajo el contacto'),
  qualifyLead: words('judged the lead', 'valoró el contacto'),
  reassignLead: words('gave the lead to somebody else', 'asignó el contacto a otra persona'),
  withdrawLead: words('withdrew the lead', 'retiró el contacto'),
  draftQuote: words('drafted a quote', 'preparó una oferta'),
  submitQuote: words('submitted the quote', 'presentó la oferta'),
  decideApproval: words('decided on an approval', 'decidió una aprobación'),
  acceptQuote: words('recorded that the offer was accepted', 'registró la aceptación de la oferta'),
  declineQuote: words('recorded that the offer was declined', 'registró el rechazo de la oferta'),
  cancelOrder: words('cancelled the order', 'canceló el pedido'),
  writeOffInvoice: words('wrote an invoice off', 'dio una factura por perdida'),
  creditInvoice: words('credited an invoice', 'abonó una factura'),
  recordDelivery: words('recorded a delivery', 'registró una entrega'),
  applyPayment: words('recorded a payment', 'registró un pago'),
  reversePayment: words('took a payment back', 'anuló un pago'),
};

/** Without a person: what happened, or what the engine did by itself. */
const BY_ITSELF: Readonly<Record<Told, Words>> = {
  captureLead: words('The lead came in', 'Llegó el contacto'),
  scoreLead: words('Scored and given to an owner', 'Puntuado y asignado'),
  rescoreLead: words('Scored again after another contact', 'Puntuado de nuevo tras otro contacto'),
  qualifyLead: words('The lead was judged', 'Se valoró el contacto'),
  reassignLead: words('The lead has another owner', 'El contacto tiene otro responsable'),
  withdrawLead: words('The lead was withdrawn', 'Se retiró el contacto'),
  draftQuote: words('A quote was drafted', 'Se preparó una oferta'),
  submitQuote: words('The quote was submitted', 'Se presentó la oferta'),
  decideApproval: words('An approval was decided', 'Se decidió una aprobación'),
  acceptQuote: words('The offer was accepted', 'Se aceptó la oferta'),
  declineQuote: words('The offer was declined', 'Se rechazó la oferta'),
  cancelOrder: words('The order was cancelled', 'Se canceló el pedido'),
  writeOffInvoice: words('An invoice was written off', 'Una factura se dio por perdida'),
  creditInvoice: words('An invoice was credited', 'Se abonó una factura'),
  recordDelivery: words('A delivery arrived', 'Llegó una entrega'),
  applyPayment: words('A payment came in', 'Llegó un pago'),
  reversePayment: words('A payment was taken back', 'Se anuló un pago'),
  adoptWaits: words('Its waits have another person', 'Sus esperas tienen otra persona'),
  settleCommission: words('A payout paid its commission', 'Una liquidación pagó su comisión'),
  escalateQualification: words(
    'Nobody qualified it in time: escalated',
    'Nadie lo cualificó a tiempo: se escala',
  ),
  recycleLead: words('Back from nurturing', 'Vuelve de la maduración'),
  remindRep: words('The rep was reminded of the quote', 'Se recordó la oferta al comercial'),
  remindApprover: words('The approver was reminded', 'Se recordó a quien aprueba'),
  escalateApproval: words('The approval went one level up', 'La aprobación subió un nivel'),
  remindCustomer: words('The customer was reminded of the offer', 'Se recordó la oferta al cliente'),
  expireOffer: words('The offer expired', 'La oferta caducó'),
  escalateDelivery: words('The delivery is late: escalated', 'La entrega se retrasa: se escala'),
  issueInvoice: words('Invoiced', 'Facturado'),
  sendReminder: words('The next step of dunning was taken', 'Se dio el siguiente paso de la reclamación'),
  earnCommission: words('Commission was booked', 'Se contabilizó la comisión'),
  payCommission: words('Commission was paid', 'Se pagó la comisión'),
  escalatePayout: words('The payout is late: escalated', 'La liquidación se retrasa: se escala'),
  escalateTask: words('A task is late: escalated', 'Una tarea se retrasa: se escala'),
  giveUpMail: words('An e-mail could not be delivered', 'No se pudo entregar un correo'),
};

const CLOSED = words('the lead is closed', 'el contacto queda cerrado');
const REOPENED = words('the lead is open again', 'el contacto vuelve a estar abierto');
const OTHER = words('Something changed', 'Algo cambió');

export interface TimelineFact {
  readonly action: string;
  /** The person who acted; null where the engine did, or nobody is known any more. */
  readonly actorName: string | null;
  readonly from: string | null;
  readonly to: string | null;
}

/** What the entry says: `Ana Ruiz recorded that the offer was declined; the lead is closed`. */
export function timelineText({ action, actorName, from, to }: TimelineFact, language: Language): string {
  const known = Object.hasOwn(BY_ITSELF, action) ? (action as Told) : undefined;
  const byPerson = known && actorName !== null ? BY_PERSON[known] : undefined;
  const said = byPerson ? `${actorName} ${byPerson[language]}` : (known ? BY_ITSELF[known] : OTHER)[language];
  if (to === 'closed' && from !== 'closed') return `${said}; ${CLOSED[language]}`;
  if (from === 'closed' && to !== null && to !== 'closed') return `${said}; ${REOPENED[language]}`;
  return said;
}
