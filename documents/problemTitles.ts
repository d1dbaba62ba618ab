// Decides what each refusal is called in Spanish; in English the table of refusals itself says it. The detail of
// a refusal names values and limits for who writes a client, and stays English.
import { ERRORS, type ErrorCode } from '../domain/errors.js';
import type { Language } from './types.js';

const SPANISH: Readonly<Record<ErrorCode, string>> = {
  invalid_field: 'Un campo tiene un valor que no se admite',
  malformed_body: 'El cuerpo no se puede leer',
  unauthenticated: 'Identifíquese primero',
  forbidden: 'No permitido a esta persona',
  not_found: 'No existe',
  method_not_allowed: 'Esta dirección no admite ese método',
  already_exists: 'Ya existe uno',
  one_entity_only: 'Solo se admite una sociedad',
  key_in_use: 'La misma petición se está atendiendo',
  stale_revision: 'La revisión vigente es otra',
  content_changed: 'Ha cambiado desde que se calculó el precio',
  already_decided: 'Ya está decidido',
  already_reversed: 'Ya está anulado',
  reference_reused: 'La referencia se usó con otro contenido',
  wrong_stage: 'No es posible en esta fase',
  lead_closed: 'El contacto está cerrado',
  not_configured: 'La empresa aún no está configurada para esto',
  stale_version: 'Otra persona lo ha cambiado entretanto',
  body_too_large: 'El cuerpo es demasiado grande',
  unsupported_media_type: 'Este tipo de contenido no se admite',
  key_reused: 'La clave de idempotencia se usó con otro cuerpo',
  unknown_reference: 'Se refiere a algo que no existe',
  unknown_sku: 'No existe ese producto',
  no_price: 'La tarifa no tiene precio para este producto',
  not_discountable: 'Este producto no admite descuento',
  tax_undetermined: 'La política fiscal no tiene tipo para esta venta',
  currency_mismatch: 'Dos monedas donde hace falta una',
  limit_exceeded: 'Se supera un límite',
  conflicting_duties: 'Dos funciones que nunca recaen en la misma persona',
  nothing_open: 'No hay nada pendiente',
  nothing_due: 'No hay nada vencido',
  self_approval: 'Nadie aprueba aquello de lo que se beneficia o que pidió',
  expired: 'Su plazo ha terminado',
  unknown_order_line: 'El pedido no tiene esa línea',
  over_delivered: 'Más de lo pedido',
  over_credited: 'Más de lo que se puede abonar',
  over_allocated: 'Más de lo pendiente o sin aplicar',
  precondition_required: 'Indique qué versión cambia',
  too_many_requests: 'Demasiadas peticiones',
  headers_too_large: 'Las cabeceras son demasiado grandes',
  internal: 'Un fallo nuestro',
  unavailable: 'No disponible en este momento',
};

/** The title of a problem document in a language. */
export const problemTitle = (code: ErrorCode, language: Language): string =>
  language === 'es' ? SPANISH[code] : ERRORS[code].title;
