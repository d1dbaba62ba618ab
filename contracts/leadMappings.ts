// Mappings the product knows by name, so that nobody writes the same one twice.
import type { LeadMapping } from './imports.js';

/** "Marketing Funnel by Olist": https://www.kaggle.com/datasets/olistbr/marketing-funnel-olist */
const olist: LeadMapping = {
  channel: {
    column: 'origin',
    values: {
      'organic search': 'website',
      'direct traffic': 'website',
      'paid search': 'advertising',
      display: 'advertising',
      'other publicities': 'advertising',
      social: 'social',
      referral: 'referral',
      email: 'email',
      unknown: 'unknown',
      other: 'other',
    },
    blank: 'unknown',
  },
  externalId: { column: 'mql_id', blank: 'refuse' },
  occurredAt: { column: 'first_contact_date', format: 'date' },
  landingPage: { column: 'landing_page_id' },
};

export const LEAD_MAPPINGS: Readonly<Record<string, LeadMapping>> = {
  olist,
  /** The same file with the day each lead was won, as `l2c funnel` joins it from the closed deals. */
  'olist-won': { ...olist, sourceWonOn: { column: 'won_date', format: 'datetime' } },
};
