// What the levels, fees and rates of a dunning policy must say together, for businesses and consumers.
import type { DunningPlan, DunningPolicy, PolicyProblem } from './types.js';
import { currenciesTwice, notAscending, notMoney, twice } from './wording.js';

export function problemsOfDunning(policy: DunningPolicy): PolicyProblem[] {
  const problems = [
    ...problemsOfPlan('/business', policy.business),
    ...problemsOfPlan('/consumer', policy.consumer),
  ];
  if (policy.consumer.flatFees.length > 0) {
    const detail = 'the flat compensation is for businesses; a consumer owes none';
    problems.push({ pointer: '/consumer/flatFees', detail });
  }
  return problems;
}

function problemsOfPlan(pointer: string, plan: DunningPlan): PolicyProblem[] {
  const problems = [
    ...notAscending(
      `${pointer}/levels`,
      plan.levels.map(({ afterDays }) => afterDays),
    ),
    ...currenciesTwice(`${pointer}/minOpen`, plan.minOpen),
    ...notMoney(`${pointer}/minOpen`, plan.minOpen),
    ...currenciesTwice(`${pointer}/flatFees`, plan.flatFees),
    ...notMoney(`${pointer}/flatFees`, plan.flatFees),
  ];
  plan.levels.forEach(({ level, fees }, index) => {
    const at = `${pointer}/levels/${index}`;
    if (level !== index + 1) {
      problems.push({
        pointer: `${at}/level`,
        detail: `level ${level} stands where ${index + 1} is expected`,
      });
    }
    problems.push(...currenciesTwice(`${at}/fees`, fees), ...notMoney(`${at}/fees`, fees));
  });
  if (plan.interest !== null) {
    const days = plan.interest.referenceRates.map((rate) => rate.fromOn);
    problems.push(...twice(`${pointer}/interest/referenceRates`, days));
  }
  return problems;
}
