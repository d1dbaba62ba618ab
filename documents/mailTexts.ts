// Decides the sentences of the e-mails, in English and Spanish; blanks arrive written in that language.
// Customers are addressed formally, colleagues plainly. No sentence has a blank for another person's name.
import type { WaitKind } from '../domain/waits.js';
import type { Translated } from './texts.js';
import type { Language } from './types.js';

const en = {
  greeting: (name: string) => `Dear ${name},`,
  greetingUnnamed: 'Dear customer,',
  greetingColleague: 'Hello,',
  closing: 'Kind regards,',
  automatic: 'This message was sent automatically.',
  offer: {
    subject: (quote: string, seller: string) => `Your offer ${quote} from ${seller}`,
    intro: (quote: string) => `Thank you for your interest. Please find our offer ${quote} attached.`,
    accept: (date: string) => `You can accept it up to and including ${date}.`,
    button: 'See and accept the offer',
  },
  offerReminder: {
    subject: (quote: string, date: string) => `Our offer ${quote} is valid until ${date}`,
    intro: (quote: string, date: string) =>
      `We would like to remind you of our offer ${quote}, which you can accept up to and including ${date}.`,
    help: 'If you have questions, reply to this message.',
  },
  order: {
    subject: (order: string) => `Confirmation of your order ${order}`,
    intro: (order: string, date: string) => `Thank you. We have booked your order ${order} on ${date}.`,
    deliverBy: (date: string) => `We will deliver by ${date}.`,
    button: 'See the order',
  },
  cancellation: {
    subject: (order: string) => `Your order ${order} is cancelled`,
    intro: (order: string, ordered: string, cancelled: string) =>
      `Your order ${order} of ${ordered} was cancelled on ${cancelled}.`,
    owed: 'Nothing more will be delivered or invoiced for it.',
    button: 'See the order',
  },
  invoice: {
    subject: (invoice: string) => `Invoice ${invoice}`,
    intro: (invoice: string) => `Please find our invoice ${invoice} attached.`,
    pay: (amount: string, date: string) => `Please pay ${amount} by ${date} and give the invoice number.`,
    button: 'See the invoice',
  },
  creditNote: {
    subject: (creditNote: string) => `Credit note ${creditNote}`,
    intro: (creditNote: string, invoice: string) =>
      `Please find our credit note ${creditNote} attached. It corrects invoice ${invoice}.`,
    button: 'See the credit note',
  },
  receipt: {
    subject: (invoice: string) => `We have received your payment for invoice ${invoice}`,
    intro: (amount: string, invoice: string) =>
      `Thank you. We have received ${amount} for invoice ${invoice}.`,
    paid: 'The invoice is now paid in full.',
    open: (amount: string) => `${amount} of the invoice is still open.`,
    button: 'See the invoice',
  },
  reminder: {
    subjectFirst: (invoices: string) => `Payment reminder: ${invoices}`,
    subjectAgain: (level: string, invoices: string) => `Payment reminder no. ${level}: ${invoices}`,
    subjectLast: (invoices: string) => `Last payment reminder: ${invoices}`,
    introFirst: 'It may have escaped your notice that the following is past its due date.',
    introAgain: 'In spite of our reminder, the following is still unpaid.',
    introLast: 'In spite of our reminders, the following is still unpaid. This is our last reminder.',
    pay: (amount: string) => `Please pay the total of ${amount} now and give the invoice numbers.`,
    charged: (amount: string, notes: string) =>
      `For the delay we charge ${amount} by the attached charge note ${notes}; give its number when you pay it.`,
    thenTask: (date: string) => `If nothing arrives by ${date}, we pass the matter on for collection.`,
    thenWriteOff: (date: string) => `If nothing arrives by ${date}, we record the debt as unpaid.`,
    crossed: 'If you have paid in the meantime, please disregard this message.',
    button: 'See what is open',
  },
  approval: {
    subjectRequest: (quote: string) => `Approval needed: quote ${quote}`,
    subjectReminder: (quote: string) => `Still waiting for your approval: quote ${quote}`,
    introRequest: (quote: string) => `Quote ${quote} needs your decision.`,
    introReminder: (quote: string) => `Quote ${quote} is still waiting for your decision.`,
    decideBy: (date: string) => `Please decide by ${date}; after that, the next person is asked.`,
    button: 'Decide',
  },
  escalation: {
    subject: (what: string, lead: string) => `Overdue: ${what} (${lead})`,
    intro: (what: string, lead: string) => `${what} of ${lead} is overdue and has been passed on to you.`,
    button: 'Open the lead',
  },
  task: {
    subject: (title: string) => `Task: ${title}`,
    intro: 'A task is waiting for you.',
    button: 'Open the task',
  },
  labels: {
    amount: 'Amount',
    why: 'Why',
    quote: 'Quote',
    order: 'Order',
    yourOrder: 'Your order',
    invoice: 'Invoice',
    invoices: 'Open invoices',
    creditNote: 'Credit note',
    chargeNote: 'Charge note',
    due: 'Due on',
    open: 'Open',
    total: 'Total',
    validUntil: 'Valid until',
    paidOn: 'Paid on',
    iban: 'IBAN',
    discount: 'Discount',
    since: 'Waiting since',
    dueUntil: 'Was due on',
    lead: 'Lead',
    task: 'Task',
    reference: 'Reference',
  },
  waits: {
    intake: 'Intake',
    qualification: 'Qualification',
    interest: 'Nurturing',
    quote: 'The quote',
    approval: 'Approval',
    acceptance: "The customer's answer",
    delivery: 'Delivery',
    invoicing: 'Invoicing',
    payment: 'Payment',
    earning: 'Commission',
    payout: 'Payout of commission',
    release: 'Release of commission',
    task: 'A task',
  } satisfies Record<WaitKind, string>,
};

export type MailTexts = Translated<typeof en>;

const es: MailTexts = {
  greeting: (name) => `Estimado/a ${name}:`,
  greetingUnnamed: 'Estimado cliente:',
  greetingColleague: 'Hola:',
  closing: 'Atentamente,',
  automatic: 'Este mensaje se ha enviado automáticamente.',
  offer: {
    subject: (quote, seller) => `Su oferta ${quote} de ${seller}`,
    intro: (quote) => `Gracias por su interés. Adjuntamos nuestra oferta ${quote}.`,
    accept: (date) => `Puede aceptarla hasta el ${date} inclusive.`,
    button: 'Ver y aceptar la oferta',
  },
  offerReminder: {
    subject: (quote, date) => `Nuestra oferta ${quote} es válida hasta el ${date}`,
    intro: (quote, date) =>
      `Le recordamos nuestra oferta ${quote}, que puede aceptar hasta el ${date} inclusive.`,
    help: 'Si tiene alguna pregunta, responda a este mensaje.',
  },
  order: {
    subject: (order) => `Confirmación de su pedido ${order}`,
    intro: (order, date) => `Gracias. Hemos registrado su pedido ${order} el ${date}.`,
    deliverBy: (date) => `Lo entregaremos a más tardar el ${date}.`,
    button: 'Ver el pedido',
  },
  cancellation: {
    subject: (order) => `Su pedido ${order} ha sido cancelado`,
    intro: (order, ordered, cancelled) => `Su pedido ${order} del ${ordered} se canceló el ${cancelled}.`,
    owed: 'No se entregará ni se facturará nada más por este pedido.',
    button: 'Ver el pedido',
  },
  invoice: {
    subject: (invoice) => `Factura ${invoice}`,
    intro: (invoice) => `Adjuntamos nuestra factura ${invoice}.`,
    pay: (amount, date) =>
      `Le rogamos que abone ${amount} a más tardar el ${date} e indique el número de factura.`,
    button: 'Ver la factura',
  },
  creditNote: {
    subject: (creditNote) => `Factura rectificativa ${creditNote}`,
    intro: (creditNote, invoice) =>
      `Adjuntamos nuestra factura rectificativa ${creditNote}, que corrige la factura ${invoice}.`,
    button: 'Ver la factura rectificativa',
  },
  receipt: {
    subject: (invoice) => `Hemos recibido su pago de la factura ${invoice}`,
    intro: (amount, invoice) => `Gracias. Hemos recibido ${amount} por la factura ${invoice}.`,
    paid: 'La factura queda pagada por completo.',
    open: (amount) => `Quedan pendientes ${amount} de la factura.`,
    button: 'Ver la factura',
  },
  reminder: {
    subjectFirst: (invoices) => `Recordatorio de pago: ${invoices}`,
    subjectAgain: (level, invoices) => `Recordatorio de pago n.º ${level}: ${invoices}`,
    subjectLast: (invoices) => `Último recordatorio de pago: ${invoices}`,
    introFirst: 'Quizá se le haya pasado que lo siguiente ya ha vencido.',
    introAgain: 'A pesar de nuestro recordatorio, lo siguiente sigue pendiente de pago.',
    introLast:
      'A pesar de nuestros recordatorios, lo siguiente sigue sin pagar. Este es el último recordatorio.',
    pay: (amount) => `Le rogamos que abone ahora el total de ${amount} e indique los números de factura.`,
    charged: (amount, notes) =>
      `Por la demora cargamos ${amount} en la nota de cargo adjunta ${notes}; indique su número al pagarla.`,
    thenTask: (date) => `Si no recibimos el pago a más tardar el ${date}, iniciaremos la gestión de cobro.`,
    thenWriteOff: (date) =>
      `Si no recibimos el pago a más tardar el ${date}, registraremos la deuda como impagada.`,
    crossed: 'Si ya ha pagado, le rogamos que no tenga en cuenta este mensaje.',
    button: 'Ver lo pendiente',
  },
  approval: {
    subjectRequest: (quote) => `Aprobación necesaria: oferta ${quote}`,
    subjectReminder: (quote) => `Aún falta su aprobación: oferta ${quote}`,
    introRequest: (quote) => `La oferta ${quote} necesita su decisión.`,
    introReminder: (quote) => `La oferta ${quote} sigue esperando su decisión.`,
    decideBy: (date) => `Decida a más tardar el ${date}; después se preguntará a la siguiente persona.`,
    button: 'Decidir',
  },
  escalation: {
    subject: (what, lead) => `Fuera de plazo: ${what} (${lead})`,
    intro: (what, lead) => `Fuera de plazo, trasladado a usted: ${what} (${lead}).`,
    button: 'Abrir el contacto',
  },
  task: {
    subject: (title) => `Tarea: ${title}`,
    intro: 'Tiene una tarea pendiente.',
    button: 'Abrir la tarea',
  },
  labels: {
    amount: 'Importe',
    why: 'Motivo',
    quote: 'Oferta',
    order: 'Pedido',
    yourOrder: 'Su pedido',
    invoice: 'Factura',
    invoices: 'Facturas pendientes',
    creditNote: 'Factura rectificativa',
    chargeNote: 'Nota de cargo',
    due: 'Vencimiento',
    open: 'Pendiente',
    total: 'Total',
    validUntil: 'Válida hasta',
    paidOn: 'Pagado el',
    iban: 'IBAN',
    discount: 'Descuento',
    since: 'En espera desde',
    dueUntil: 'Vencía el',
    lead: 'Contacto',
    task: 'Tarea',
    reference: 'Referencia',
  },
  waits: {
    intake: 'Recepción',
    qualification: 'Cualificación',
    interest: 'Seguimiento',
    quote: 'La oferta',
    approval: 'Aprobación',
    acceptance: 'La respuesta del cliente',
    delivery: 'Entrega',
    invoicing: 'Facturación',
    payment: 'Pago',
    earning: 'Comisión',
    payout: 'Pago de la comisión',
    release: 'Liberación de la comisión',
    task: 'Una tarea',
  },
};

/** The sentences of the e-mails by language. */
export const MAIL_TEXTS: Readonly<Record<Language, MailTexts>> = { en, es };
