// What each kind of policy says: the rules in force as plain JSON, versioned and pinned by the records
// they decided. Shapes only: contracts/policies.ts holds the limits of each field, problems.ts what
// several fields must say together. Amounts are wire money, because a policy is hashed as JSON.
import type { PaymentTerms } from '../invoices/terms.js';
import type { PaymentOrder } from '../payments/debts.js';
import type { Role } from '../people/people.js';
import type { TaxPolicy } from '../taxes/treatment.js';

export const POLICY_KINDS = [
  'scoring',
  'assignment',
  'qualification',
  'approval',
  'quoting',
  'tax',
  'invoicing',
  'dunning',
  'commission',
  'notifications',
  'payout',
] as const;
export type PolicyKind = (typeof POLICY_KINDS)[number];

/** An amount as it stands on the wire: `{"amount":"1234.50","currency":"EUR"}`. */
export interface WireMoney {
  amount: string;
  currency: string;
}

export const SCORE_FIELDS = [
  'channel',
  'campaign',
  'medium',
  'landingPage',
  'country',
  'company',
  'companyDomain',
  'email',
  'phone',
  'interest',
] as const;
export type ScoreField = (typeof SCORE_FIELDS)[number];

export const SCORE_OPERATORS = ['is', 'isNot', 'in', 'contains', 'present', 'absent'] as const;
export type ScoreOperator = (typeof SCORE_OPERATORS)[number];

/** A sentence of the company's own for the code beside it. */
export interface RuleTexts {
  en: string;
  es: string;
}

export interface ScoringRule {
  id: string;
  field: ScoreField;
  operator: ScoreOperator;
  /** A word for `is`, `isNot`, `contains`; a list for `in`. */
  value?: string | string[];
  points: number;
  /** Key of the sentence shown to people, in English and Spanish: ours, unless `texts` gives the company's own. */
  textCode: string;
  texts?: RuleTexts;
}

export interface ScoringPolicy {
  rules: ScoringRule[];
  engagement: {
    touches: { kind: string; points: number; textCode: string; texts?: RuleTexts }[];
    /** Steps by age of the touch, youngest first; an older touch counts nothing. */
    recency: { withinDays: number; weightBps: number }[];
    maxPoints: number;
  };
  /** Best grade first; the last one starts at the lowest points and catches the rest. */
  grades: { grade: string; fromPoints: number }[];
}

export interface AssignmentPolicy {
  /** The first territory that matches is taken; an empty list of countries or channels is "any". */
  territories: { id: string; countries: string[]; channels: string[]; repIds: string[] }[];
  /** Open leads one rep may hold. */
  maxOpenLeads: number;
  capacities: { repId: string; maxOpenLeads: number }[];
  /** Owns what nobody can take: a manager. */
  fallbackOwnerId: string;
}

export interface QualificationPolicy {
  dueHours: number;
  escalateHours: number;
  maxEscalations: number;
  nurtureDays: number;
  /** How often a nurtured lead comes back to `new` before it is disqualified for good. */
  maxNurtureRounds: number;
  /** What a qualified lead may have needs recorded for: no other name is taken. */
  needs: string[];
  disqualifyReasons: string[];
}

export type ApproverRule =
  | { kind: 'role'; role: Role }
  | { kind: 'manager'; level: number }
  | { kind: 'person'; personId: string };

/** All that are given must hold. `…Above` means strictly above, `…UpTo` at most, so bands meet exactly. */
export interface ApprovalCondition {
  discountAboveBps?: number;
  discountUpToBps?: number;
  marginBelowBps?: number;
  /** One threshold per currency of the policy. */
  totalAbove?: WireMoney[];
  paymentAboveDays?: number;
  families?: string[];
  nonStandardTerms?: boolean;
}

export interface ApprovalRule {
  id: string;
  sequence: number;
  when: ApprovalCondition;
  approver: ApproverRule;
  textCode: string;
  texts?: RuleTexts;
}

export interface ApprovalPolicy {
  /** Currencies the thresholds speak of; a quote in another one meets every rule on totals. */
  currencies: string[];
  rules: ApprovalRule[];
  remindHours: number;
  escalateHours: number;
  maxEscalations: number;
}

export interface QuotingPolicy {
  defaultCurrency: string;
  currencies: string[];
  defaultValidDays: number;
  maxValidDays: number;
  maxDiscountBps: number;
  maxLines: number;
  /** Hours the rep has to send a quote, and how often to remind before a task opens. */
  dueHours: number;
  maxReminders: number;
  remindCustomerDaysBefore: number[];
}

export type NamedTerms = { id: string } & PaymentTerms;

export interface InvoicingPolicy {
  issueOn: 'delivery' | 'order';
  /** What was delivered is invoiced within this many days (invariant I11). */
  withinDays: number;
  series: { invoice: string; creditNote: string; chargeNote: string };
  terms: NamedTerms[];
  /** Hours finance has to decide about an invoice after its last reminder, until it is asked again. */
  taskHours: number;
  defaultTermsId: string;
  /** Underpayment taken as paid: the lower of the share of the gross and the amount of the currency. */
  smallDifference: { shareBps: number; maximums: WireMoney[] };
  /** In which order money settles a debt; absent: principal, interest, fees. */
  paymentOrder?: PaymentOrder;
}

export interface DunningLevel {
  level: number;
  /** Days after the due date, counted for each invoice or instalment. */
  afterDays: number;
  fees: WireMoney[];
}

export interface DunningPlan {
  levels: DunningLevel[];
  /** At least so many days between two reminders of one item, however late they are caught up. */
  minGapDays: number;
  /** For less than this open amount per currency no letter is sent; what follows the last one still follows. */
  minOpen: WireMoney[];
  /** What follows the last reminder, and after how many days. */
  afterLast: { action: 'task' | 'write_off'; afterDays: number };
  interest: { marginBps: number; referenceRates: { fromOn: string; rateBps: number }[] } | null;
  /** The flat compensation for late payment, for businesses only. */
  flatFees: WireMoney[];
}

export interface DunningPolicy {
  business: DunningPlan;
  consumer: DunningPlan;
  promiseGraceDays: number;
}

export const CREDIT_ROLES = ['rep', 'sdr'] as const;
export type CreditRole = (typeof CREDIT_ROLES)[number];

export interface CommissionPolicy {
  /** Rate by product family; a family without one earns the default. */
  rates: { family: string; rateBps: number }[];
  defaultRateBps: number;
  /** Shares of the basis by role in the deal; they sum to 10,000. A role nobody fills goes to the rep. */
  splits: { role: CreditRole; shareBps: number }[];
  /** Managers above each payee: rate on the basis credited to their reports. */
  overrides: { level: number; rateBps: number }[];
  payout: 'onEarned' | 'monthly';
}

export const MAIL_KINDS = ['offer', 'order', 'invoice', 'receipt', 'reminder', 'approval', 'task'] as const;
export type MailKind = (typeof MAIL_KINDS)[number];

export interface NotificationsPolicy {
  /** Empty: no mail at all. */
  mails: MailKind[];
  defaultLanguage: 'en' | 'es';
  senderName: string;
  senderEmail: string;
}

export interface PayoutPolicy {
  dayOfMonth: number;
  /** Below it a payee's amount is carried to the next run. */
  minimums: WireMoney[];
  /** The most that is recovered from a payee in one run, as a share of the payable. */
  maxRecoverBps: number;
  releaserRole: Role;
  releaseHours: number;
}

/** The type of each kind, for `policyOf(kind)` and everything generic over kinds. */
export interface PolicyByKind {
  scoring: ScoringPolicy;
  assignment: AssignmentPolicy;
  qualification: QualificationPolicy;
  approval: ApprovalPolicy;
  quoting: QuotingPolicy;
  tax: TaxPolicy;
  invoicing: InvoicingPolicy;
  dunning: DunningPolicy;
  commission: CommissionPolicy;
  notifications: NotificationsPolicy;
  payout: PayoutPolicy;
}

/** One stored version: what a record pins is `version` and `hash` (SHA-256 over canonical JSON). */
export interface PolicyVersion<K extends PolicyKind = PolicyKind> {
  kind: K;
  version: number;
  hash: string;
  body: PolicyByKind[K];
}

/** What is wrong with a policy: an RFC 6901 pointer into it and a sentence naming value and limit. */
export interface PolicyProblem {
  pointer: string;
  detail: string;
}
