// One whole example of each kind of policy: what the API documents, and a sound place to start from.
// Names of people and families are placeholders of a made-up company.
import type { DunningPlan, PolicyByKind, PolicyKind } from '../../domain/policies/types.js';

const eur = (amount: string) => ({ amount, currency: 'EUR' });
const usd = (amount: string) => ({ amount, currency: 'USD' });

const business: DunningPlan = {
  levels: [
    { level: 1, afterDays: 7, fees: [] },
    { level: 2, afterDays: 21, fees: [eur('5.00'), usd('5.00')] },
    { level: 3, afterDays: 35, fees: [eur('10.00'), usd('10.00')] },
  ],
  minGapDays: 7,
  minOpen: [eur('5.00'), usd('5.00')],
  afterLast: { action: 'write_off', afterDays: 30 },
  // Reference rate of the ECB and 8 points: directive 2011/7/EU, article 2 (6).
  interest: {
    marginBps: 800,
    referenceRates: [
      { fromOn: '2026-01-01', rateBps: 215 },
      { fromOn: '2026-07-01', rateBps: 215 },
    ],
  },
  flatFees: [eur('40.00')],
};

export const POLICY_EXAMPLES: { readonly [K in PolicyKind]: PolicyByKind[K] } = {
  scoring: {
    rules: [
      {
        id: 'referral',
        field: 'channel',
        operator: 'is',
        value: 'referral',
        points: 30,
        textCode: 'score.referral',
      },
      {
        id: 'search',
        field: 'channel',
        operator: 'in',
        value: ['organic_search', 'paid_search'],
        points: 20,
        textCode: 'score.search',
      },
      { id: 'company', field: 'companyDomain', operator: 'present', points: 15, textCode: 'score.company' },
      {
        id: 'demo',
        field: 'landingPage',
        operator: 'contains',
        value: '/demo',
        points: 20,
        textCode: 'score.demo',
      },
      { id: 'unreachable', field: 'email', operator: 'absent', points: -10, textCode: 'score.unreachable' },
    ],
    engagement: {
      touches: [
        { kind: 'form', points: 10, textCode: 'score.form' },
        { kind: 'email_opened', points: 3, textCode: 'score.email_opened' },
      ],
      recency: [
        { withinDays: 7, weightBps: 10_000 },
        { withinDays: 30, weightBps: 5_000 },
        { withinDays: 90, weightBps: 1_000 },
      ],
      maxPoints: 30,
    },
    grades: [
      { grade: 'A', fromPoints: 60 },
      { grade: 'B', fromPoints: 30 },
      { grade: 'C', fromPoints: 0 },
    ],
  },
  assignment: {
    territories: [
      {
        id: 'iberia',
        countries: ['ES', 'PT'],
        channels: [],
        repIds: ['person_ana', 'person_ben'],
      },
      { id: 'world', countries: [], channels: [], repIds: ['person_cleo'] },
    ],
    maxOpenLeads: 50,
    capacities: [{ repId: 'person_ben', maxOpenLeads: 20 }],
    fallbackOwnerId: 'person_mia',
  },
  qualification: {
    dueHours: 24,
    escalateHours: 24,
    maxEscalations: 2,
    nurtureDays: 90,
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
        when: { totalAbove: [eur('50000.00'), usd('50000.00')] },
        approver: { kind: 'role', role: 'finance' },
        textCode: 'approval.large',
      },
      {
        id: 'long-terms',
        sequence: 3,
        when: { paymentAboveDays: 60 },
        approver: { kind: 'role', role: 'finance' },
        textCode: 'approval.long_terms',
      },
    ],
    remindHours: 4,
    escalateHours: 24,
    maxEscalations: 3,
  },
  quoting: {
    defaultCurrency: 'EUR',
    currencies: ['EUR', 'USD'],
    defaultValidDays: 30,
    maxValidDays: 90,
    maxDiscountBps: 5_000,
    maxLines: 200,
    dueHours: 48,
    maxReminders: 3,
    remindCustomerDaysBefore: [7, 2],
  },
  tax: {
    euCountries: 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(
      ' ',
    ),
    noVatCountries: ['US'],
    outsideScopeClasses: ['fees', 'interest'],
    rates: [
      { country: 'ES', taxClass: 'standard', fromOn: '2012-09-01', rateBps: 2_100 },
      { country: 'ES', taxClass: 'reduced', fromOn: '2012-09-01', rateBps: 1_000 },
      { country: 'DE', taxClass: 'standard', fromOn: '2021-01-01', rateBps: 1_900 },
      {
        country: 'ES',
        taxClass: 'training',
        fromOn: '1993-01-01',
        rateBps: 0,
        treatment: 'E',
        exemption: 'VATEX-EU-132-1I',
      },
    ],
  },
  invoicing: {
    issueOn: 'delivery',
    withinDays: 0,
    series: { invoice: 'INV', creditNote: 'CN', chargeNote: 'CH' },
    terms: [
      { id: 'net30', kind: 'net', days: 30 },
      { id: 'eom15', kind: 'end_of_month', days: 15 },
    ],
    taskHours: 24,
    defaultTermsId: 'net30',
    smallDifference: { shareBps: 50, maximums: [eur('2.00'), usd('2.00')] },
    paymentOrder: 'principal_first',
  },
  dunning: {
    business,
    consumer: { ...business, interest: null, flatFees: [], afterLast: { action: 'task', afterDays: 14 } },
    promiseGraceDays: 3,
  },
  commission: {
    rates: [
      { family: 'hardware', rateBps: 300 },
      { family: 'software', rateBps: 800 },
    ],
    defaultRateBps: 500,
    splits: [
      { role: 'rep', shareBps: 8_000 },
      { role: 'sdr', shareBps: 2_000 },
    ],
    overrides: [{ level: 1, rateBps: 100 }],
    payout: 'onEarned',
  },
  notifications: {
    mails: ['offer', 'order', 'invoice', 'receipt', 'reminder'],
    defaultLanguage: 'en',
    senderName: 'Sample Company',
    senderEmail: 'sales@example.com',
  },
  payout: {
    dayOfMonth: 5,
    minimums: [eur('20.00'), usd('20.00')],
    maxRecoverBps: 5_000,
    releaserRole: 'compensation',
    releaseHours: 72,
  },
};
