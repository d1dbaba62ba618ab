import type { ApprovalPolicy, ApprovalRule, PolicyProblem } from './types.js';
import { currenciesTwice, notMoney, twice } from './wording.js';

/** What the matrix itself tells: whoever has nobody to ask gets the approval as the admin's task. */
export function problemsOfApproval(policy: ApprovalPolicy): PolicyProblem[] {
  const problems = [
    ...twice(
      '/rules',
      policy.rules.map((rule) => rule.id),
    ),
    ...twice('/currencies', policy.currencies),
    ...discountGaps(policy.rules),
    ...policy.rules.flatMap((rule, index) => problemsOfRule(rule, `/rules/${index}`, policy)),
  ];
  if (policy.remindHours >= policy.escalateHours) {
    const detail = `${policy.remindHours} h are not below escalateHours ${policy.escalateHours}`;
    problems.push({ pointer: '/remindHours', detail });
  }
  return problems;
}

function problemsOfRule(rule: ApprovalRule, pointer: string, policy: ApprovalPolicy): PolicyProblem[] {
  const { when } = rule;
  const problems: PolicyProblem[] = [];
  if (Object.keys(when).length === 0) {
    problems.push({
      pointer: `${pointer}/when`,
      detail: `${rule.id} has no condition: every quote would meet it`,
    });
  }
  const { discountAboveBps: above, discountUpToBps: upTo } = when;
  if (above !== undefined && upTo !== undefined && above >= upTo) {
    const detail = `no discount is above ${above} and at most ${upTo} bps`;
    problems.push({ pointer: `${pointer}/when/discountUpToBps`, detail });
  }
  if (when.totalAbove !== undefined) {
    const at = `${pointer}/when/totalAbove`;
    problems.push(...currenciesTwice(at, when.totalAbove), ...notMoney(at, when.totalAbove));
    const named = when.totalAbove.map((money) => money.currency);
    const missing = policy.currencies.filter((currency) => !named.includes(currency));
    problems.push(...missing.map((currency) => ({ pointer: at, detail: `no threshold for ${currency}` })));
    const foreign = named.filter((currency) => !policy.currencies.includes(currency));
    problems.push(
      ...foreign.map((currency) => ({ pointer: at, detail: `${currency} is not among currencies` })),
    );
  }
  return problems;
}

// Rules on the discount alone form bands. Above the first band every discount up to 100 % needs one: a
// hole would let 25 % through where 20 % and 30 % are asked about.
function discountGaps(rules: readonly ApprovalRule[]): PolicyProblem[] {
  const bands = rules
    .map(({ when }, index) => ({ when, index }))
    .filter(({ when }) => Object.keys(when).every((key) => key.startsWith('discount')))
    .filter(({ when }) => Object.keys(when).length > 0)
    .map(({ when, index }) => ({
      index,
      fromBps: when.discountAboveBps ?? 0,
      toBps: when.discountUpToBps ?? 10_000,
    }))
    .sort((a, b) => a.fromBps - b.fromBps);
  const first = bands[0];
  if (first === undefined) return [];
  const problems: PolicyProblem[] = [];
  let covered = first.fromBps;
  for (const { index, fromBps, toBps } of bands) {
    if (fromBps > covered) {
      const detail = `no rule for discounts above ${covered} up to ${fromBps} bps, but for larger ones`;
      problems.push({ pointer: `/rules/${index}/when/discountAboveBps`, detail });
    }
    covered = Math.max(covered, toBps);
  }
  if (covered < 10_000) {
    const detail = `no rule for discounts above ${covered} bps, but for smaller ones`;
    problems.push({ pointer: '/rules', detail });
  }
  return problems;
}
