// The result of verification for people: a line per invariant, its offenders below it.
import type { Invariant, InvariantResult, Progress } from './types.js';

type Language = 'en' | 'es';

const TITLES: Readonly<Record<Language, Readonly<Record<Invariant, string>>>> = {
  en: {
    I1: 'the ledger sums to zero',
    I2: 'every minor unit of an invoice is accounted for',
    I3: 'every message has one answer and at most one effect',
    I4: 'commissions are earned, paid and explained',
    I5: 'every change is in the audit chain',
    I6: 'open leads and unsent mails have their workflow',
    I7: 'nothing is stuck, untold or overdue in silence',
    I8: 'nobody approved his own or above his limit',
    I9: 'numbers have no gap, dates never go back',
    I10: 'leads went through allowed stages only',
    I11: 'what was delivered is invoiced in time',
    I12: 'nobody was reminded after paying',
  },
  es: {
    I1: 'el libro mayor suma cero',
    I2: 'cada céntimo de una factura está justificado',
    I3: 'cada mensaje tiene una respuesta y un efecto como máximo',
    I4: 'las comisiones están devengadas, pagadas y explicadas',
    I5: 'cada cambio está en la cadena de auditoría',
    I6: 'cada lead abierto o con correos por enviar tiene su workflow',
    I7: 'nada está atascado, sin avisar o vencido en silencio',
    I8: 'nadie aprobó lo suyo ni por encima de su límite',
    I9: 'los números no tienen huecos ni las fechas retroceden',
    I10: 'los leads solo pasaron por etapas permitidas',
    I11: 'lo entregado está facturado a tiempo',
    I12: 'nadie recibió un recordatorio después de pagar',
  },
};

const WORDS = {
  en: { rows: 'rows', broken: 'broken', more: 'more', clean: 'clean', of: 'of', skipped: 'not checked' },
  es: {
    rows: 'filas',
    broken: 'incumplimientos',
    more: 'más',
    clean: 'sin incumplimientos',
    of: 'de',
    skipped: 'no comprobado',
  },
} as const;

/** Returns the report as text: ✓ holds, ✗ broken, – not checked. Details of offenders are in English. */
export function formatReport(results: readonly InvariantResult[], language: Language = 'en'): string {
  const words = WORDS[language];
  const width = Math.max(...Object.values(TITLES[language]).map((title) => title.length));
  const lines = results.flatMap((result) => {
    const mark = result.skipped === undefined ? (result.ok ? '✓' : '✗') : '–';
    const title = TITLES[language][result.invariant].padEnd(width);
    const rows = `${result.checkedRows.toLocaleString(language)} ${words.rows}`.padStart(18);
    const found = result.ok ? '' : `   ${result.brokenCount.toLocaleString(language)} ${words.broken}`;
    const skipped = result.skipped === undefined ? '' : `   ${words.skipped}: ${result.skipped}`;
    const head = `${mark} ${result.invariant.padEnd(3)} ${title} ${rows} ${`${result.ms} ms`.padStart(10)}`;
    const rest = result.brokenCount - result.broken.length;
    return [
      head + found + skipped,
      ...result.broken.map(({ subject, detail }) => `        ${subject}: ${detail}`),
      ...(rest > 0 ? [`        … ${rest.toLocaleString(language)} ${words.more}`] : []),
    ];
  });
  const checked = results.filter(({ skipped }) => skipped === undefined);
  const holds = checked.filter(({ ok }) => ok).length;
  const all = checked.every(({ ok }) => ok);
  const sum = `${all ? '✓' : '✗'} ${holds} ${words.of} ${checked.length} ${all ? words.clean : ''}`.trimEnd();
  return [...lines, '', sum].join('\n');
}

/** Returns one line of progress for a terminal. */
export function formatProgress({ invariant, done, total }: Progress, language: Language = 'en'): string {
  const of = total === undefined ? '' : ` ${WORDS[language].of} ${total.toLocaleString(language)}`;
  return `${invariant} ${TITLES[language][invariant]}: ${done.toLocaleString(language)}${of}`;
}
