// The rules of the sample company, one policy of each kind. Short times, so that a quarter shows all of them.
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import type { PolicyByKind, PolicyKind } from '../../domain/policies/types.js';
import { emailOf, type Handle } from './people.js';

const both = (amount: string) => ['EUR', 'USD'].map((currency) => ({ amount, currency }));

type Ids = Readonly<Record<Handle, string>>;

/** The policies in the order in which they are stored. */
export function sampleRules(ids: Ids): { readonly [K in PolicyKind]: PolicyByKind[K] } {
  return { ...sellingRules(ids), ...moneyRules() };
}

function sellingRules(
  ids: Ids,
): Pick<PolicyByKind, 'scoring' | 'assignment' | 'qualification' | 'approval' | 'quoting'> {
  return {
    scoring: {
      rules: [
        {
          id: 'referral',
          field: 'channel',
          operator: 'is',
          value: 'referral',
          points: 35,
          textCode: 'score.referral',
        },
        {
          id: 'partner',
          field: 'channel',
          operator: 'in',
          value: ['partner', 'event'],
          points: 20,
          textCode: 'score.partner',
        },
        { id: 'company', field: 'companyDomain', operator: 'present', points: 20, textCode: 'score.company' },
        { id: 'interest', field: 'interest', operator: 'present', points: 15, textCode: 'score.interest' },
        { id: 'phone', field: 'phone', operator: 'present', points: 10, textCode: 'score.phone' },
        { id: 'unreachable', field: 'email', operator: 'absent', points: -20, textCode: 'score.unreachable' },
      ],
      engagement: {
        touches: [
          { kind: 'website', points: 6, textCode: 'score.website' },
          { kind: 'email', points: 4, textCode: 'score.email' },
          { kind: 'event', points: 10, textCode: 'score.event' },
        ],
        recency: [
          { withinDays: 7, weightBps: 10_000 },
          { withinDays: 30, weightBps: 5_000 },
        ],
        maxPoints: 30,
      },
      grades: [
        { grade: 'A', fromPoints: 60 },
        { grade: 'B', fromPoints: 35 },
        { grade: 'C', fromPoints: 0 },
      ],
    },
    assignment: {
      territories: [
        { id: 'iberia', countries: ['ES', 'PT'], channels: [], repIds: [ids.ana, ids.ben] },
        { id: 'world', countries: [], channels: [], repIds: [ids.ben] },
      ],
      maxOpenLeads: 200,
      capacities: [],
      fallbackOwnerId: ids.carla,
    },
    qualification: {
      dueHours: 72,
      escalateHours: 48,
      maxEscalations: 2,
      nurtureDays: 21,
      maxNurtureRounds: 2,
      needs: ['budget', 'authority', 'need', 'timing'],
      disqualifyReasons: ['no_budget', 'no_need', 'unreachable', 'competitor', 'spam'],
    },
    approval: {
      currencies: ['EUR', 'USD'],
      rules: [
        {
          id: 'discount-10',
          sequence: 1,
          when: { discountAboveBps: 1_000 },
          approver: { kind: 'manager', level: 1 },
          textCode: 'approval.discount',
        },
        {
          id: 'discount-25',
          sequence: 2,
          when: { discountAboveBps: 2_500 },
          approver: { kind: 'manager', level: 2 },
          textCode: 'approval.high_discount',
        },
        {
          id: 'large',
          sequence: 3,
          when: { totalAbove: both('20000.00') },
          approver: { kind: 'role', role: 'finance' },
          textCode: 'approval.large',
        },
      ],
      remindHours: 24,
      escalateHours: 72,
      maxEscalations: 2,
    },
    quoting: {
      defaultCurrency: 'EUR',
      currencies: ['EUR', 'USD'],
      defaultValidDays: 14,
      maxValidDays: 60,
      maxDiscountBps: 4_000,
      maxLines: 100,
      dueHours: 96,
      maxReminders: 3,
      remindCustomerDaysBefore: [5],
    },
  };
}

// Standard rates in force; the day is the one since which each has been.
const STANDARD: readonly (readonly [country: string, fromOn: string, rateBps: number])[] = [
  ['ES', '2012-09-01', 2_100],
  ['PT', '2011-01-01', 2_300],
  ['FR', '2014-01-01', 2_000],
  ['DE', '2021-01-01', 1_900],
  ['IT', '2013-10-01', 2_200],
  ['NL', '2012-10-01', 2_100],
];

function moneyRules(): Omit<
  PolicyByKind,
  'scoring' | 'assignment' | 'qualification' | 'approval' | 'quoting'
> {
  const business: PolicyByKind['dunning']['business'] = {
    levels: [
      { level: 1, afterDays: 5, fees: [] },
      { level: 2, afterDays: 12, fees: both('5.00') },
      { level: 3, afterDays: 19, fees: both('10.00') },
    ],
    minGapDays: 5,
    minOpen: both('5.00'),
    afterLast: { action: 'write_off', afterDays: 10 },
    interest: null,
    flatFees: [{ amount: '40.00', currency: 'EUR' }],
  };
  return {
    tax: {
      ...POLICY_EXAMPLES.tax,
      rates: STANDARD.map(([country, fromOn, rateBps]) => ({
        country,
        taxClass: 'standard',
        fromOn,
        rateBps,
      })),
    },
    invoicing: {
      issueOn: 'delivery',
      withinDays: 3,
      series: { invoice: 'INV', creditNote: 'CN', chargeNote: 'CH' },
      terms: [
        { id: 'net14', kind: 'net', days: 14 },
        { id: 'net30', kind: 'net', days: 30 },
      ],
      taskHours: 48,
      defaultTermsId: 'net14',
      smallDifference: { shareBps: 50, maximums: both('2.00') },
    },
    dunning: { business, consumer: { ...business, flatFees: [] }, promiseGraceDays: 3 },
    commission: {
      rates: [
        { family: 'furniture', rateBps: 400 },
        { family: 'technology', rateBps: 300 },
        { family: 'software', rateBps: 900 },
        { family: 'services', rateBps: 200 },
      ],
      defaultRateBps: 300,
      splits: [
        { role: 'rep', shareBps: 8_000 },
        { role: 'sdr', shareBps: 2_000 },
      ],
      overrides: [{ level: 1, rateBps: 100 }],
      payout: 'onEarned',
    },
    payout: {
      dayOfMonth: 5,
      minimums: both('20.00'),
      maxRecoverBps: 5_000,
      releaserRole: 'compensation',
      releaseHours: 72,
    },
    notifications: {
      mails: ['offer', 'order', 'invoice', 'receipt', 'reminder'],
      defaultLanguage: 'es',
      senderName: 'Oficina Norte',
      senderEmail: emailOf('ana').replace('ana@', 'ventas@'),
    },
  };
}
