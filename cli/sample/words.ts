// The play's lines in English and Spanish.
import type { Language } from '../words.js';

const ACTS = {
  captured: ['came in', 'llega'],
  qualified: ['qualified', 'cualificado'],
  disqualified: ['disqualified', 'descartado'],
  nurtured: ['not yet: nurtured', 'aún no: en maduración'],
  quoted: ['quote drafted', 'oferta preparada'],
  revised: ['quote revised', 'oferta revisada'],
  submitted: ['quote submitted', 'oferta enviada'],
  approved: ['approved by', 'aprobada por'],
  rejected: ['rejected by', 'rechazada por'],
  accepted: ['offer accepted, order', 'oferta aceptada, pedido'],
  declined: ['offer declined', 'oferta declinada'],
  withdrawn: ['withdrawn', 'retirado'],
  delivered: ['delivered', 'entregado'],
  deliveredPart: ['delivered in part', 'entregado en parte'],
  paid: ['paid', 'pagado'],
  paidPart: ['paid in part', 'pagado en parte'],
  bounced: ['payment bounced', 'pago devuelto'],
  cancelled: ['order cancelled', 'pedido cancelado'],
  // What the workflow does by itself.
  scoreLead: ['scored and given to', 'puntuado y asignado a'],
  escalateQualification: ['nobody qualified it: escalated', 'nadie lo cualificó: se escala'],
  recycleLead: ['back from nurturing', 'vuelve de la maduración'],
  remindRep: ['quote is due: rep reminded', 'falta la oferta: recordado'],
  remindApprover: ['approver reminded', 'recordado a quien aprueba'],
  escalateApproval: ['approval handed up', 'aprobación elevada'],
  remindCustomer: ['customer reminded of the offer', 'recordada la oferta al cliente'],
  expireOffer: ['offer expired', 'oferta caducada'],
  escalateDelivery: ['delivery is late: escalated', 'entrega con retraso: se escala'],
  issueInvoice: ['invoiced', 'facturado'],
  sendReminder: ['payment reminder', 'recordatorio de pago'],
  writtenOff: ['written off', 'dado por perdido'],
  earnCommission: ['commission earned by', 'comisión devengada de'],
  commissionLost: ['commission reversed:', 'comisión anulada:'],
  payCommission: ['commission paid to', 'comisión pagada a'],
  commissionTakenBack: ['commission taken back from', 'comisión recuperada de'],
  closed: ['closed:', 'cerrado:'],
} as const satisfies Readonly<Record<string, readonly [en: string, es: string]>>;

export type ActWord = keyof typeof ACTS;

export const isActWord = (word: string): word is ActWord => word in ACTS;

export const wordFor = (act: ActWord, language: Language): string => ACTS[act][language === 'en' ? 0 : 1];

const STATES: Readonly<Record<string, readonly [en: string, es: string]>> = {
  won: ['won', 'ganado'],
  lost: ['lost', 'perdido'],
  disqualified: ['disqualified', 'descartado'],
  cancelled: ['cancelled', 'cancelado'],
  written_off: ['written off', 'dado por perdido'],
  new: ['new', 'nuevo'],
  nurturing: ['nurturing', 'en maduración'],
  qualified: ['qualified', 'cualificado'],
  quoting: ['quoting', 'en oferta'],
  approval: ['approval', 'en aprobación'],
  offered: ['offered', 'ofertado'],
  ordered: ['ordered', 'pedido'],
  delivering: ['delivering', 'en entrega'],
  collecting: ['collecting', 'en cobro'],
  commission: ['commission', 'en comisión'],
};

export const stateFor = (state: string, language: Language): string =>
  STATES[state]?.[language === 'en' ? 0 : 1] ?? state;

export const TABLE_WORDS = {
  en: {
    state: 'outcome or stage',
    leads: 'leads',
    ordered: 'ordered, net',
    invoiced: 'invoiced',
    cash: 'cash kept',
    lost: 'written off',
    commission: 'commission',
    total: 'together',
    playing: 'A quarter of business in a minute and a half: forty leads, played by the sample people.',
  },
  es: {
    state: 'resultado o etapa',
    leads: 'leads',
    ordered: 'pedido, neto',
    invoiced: 'facturado',
    cash: 'cobrado',
    lost: 'perdido',
    commission: 'comisión',
    total: 'en total',
    playing: 'Un trimestre de negocio en minuto y medio: cuarenta leads, con las personas de muestra.',
  },
} as const;
