// The sentence a company's own approval policy gives for a rule: read from the version the revision pinned.

/** Of the approval named by the alias; null where the policy leaves it to the words of its code. */
export const ruleTexts = (approval: string): string => `(select rule -> 'texts' from quote_revisions tr
    join policies tp on tp.kind = 'approval' and tp.version = (tr.pins ->> 'approval')::int
    cross join jsonb_array_elements(tp.body -> 'rules') rule
  where tr.quote_id = ${approval}.quote_id and tr.revision = ${approval}.revision
    and rule ->> 'id' = ${approval}.rule_id limit 1)`;
