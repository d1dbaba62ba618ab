// One text for one policy: what is hashed, so that equal rules have equal hashes whatever the order of
// keys. It does not hash (that needs a library of the platform); arrays keep their order, it means something.

/**
 * Returns canonical JSON: keys sorted by code unit, no blanks, absent for `undefined`.
 * Throws RangeError for what JSON would bend silently: NaN, infinities, bigint, functions, non-plain objects.
 */
export const canonicalJson = (value: unknown): string => textOf(value, false);

/** The same, with whole amounts (bigint) as decimal strings. */
export const canonicalMoneyJson = (value: unknown): string => textOf(value, true);

function textOf(value: unknown, withMoney: boolean): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new RangeError(`${value} has no JSON`);
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map((item) => textOf(item, withMoney)).join(',')}]`;
      return objectText(value, withMoney);
    default:
      if (typeof value === 'bigint' && withMoney) return `"${value}"`;
      throw new RangeError(`a ${typeof value} has no JSON`);
  }
}

function objectText(value: object, withMoney: boolean): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new RangeError(`${value.constructor.name} is no plain object`);
  }
  let text = '';
  // Audit and messages hash a few of these per step: one pass, sorted by code unit as sort() does.
  for (const key of Object.keys(value).sort()) {
    const inner = (value as Record<string, unknown>)[key];
    if (inner === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${textOf(inner, withMoney)}`;
  }
  return `{${text}}`;
}
