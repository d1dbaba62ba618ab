// What commands say to people, in English and Spanish.
import type { ReadyEvent } from './start.js';

export type Language = 'en' | 'es';

const READY = {
  en: {
    serving: 'Serving at real speed. Ctrl-C stops everything.',
    api: 'API and its docs',
    ui: 'Temporal UI',
    engine: 'Temporal server',
    data: 'Data and logs',
    admin: 'Administrator’s key, shown this once',
    keys: 'Keys of the sample people',
    paste: 'For the click-through of the README, paste these lines',
    use: 'Use one like this',
  },
  es: {
    serving: 'En servicio a velocidad real. Ctrl-C lo detiene todo.',
    api: 'API y su documentación',
    ui: 'Interfaz de Temporal',
    engine: 'Servidor de Temporal',
    data: 'Datos y registros',
    admin: 'Clave de administración, se muestra solo esta vez',
    keys: 'Claves de las personas de muestra',
    paste: 'Para el recorrido del README, pegue estas líneas',
    use: 'Se usan así',
  },
} as const;

/** The names the README's click-through goes by: the API's address, and the first sample person of each role. */
const PASTED = ['rep', 'manager', 'fulfilment', 'finance', 'marketing'] as const;

export function exportsOf({ api, keys }: Pick<ReadyEvent, 'api' | 'keys'>): string[] {
  const people = PASTED.flatMap((role) => {
    const key = keys.find(({ roles }) => roles.includes(role))?.key;
    return key === undefined ? [] : [`  export ${role.toUpperCase()}=${key}`];
  });
  return [`  export API=${api}`, ...people];
}

export const stoppingText = (language: Language): string =>
  language === 'en'
    ? '\nStopping; a second Ctrl-C ends at once.\n'
    : '\nDeteniendo; otro Ctrl-C termina ya.\n';

export const stoppedText = (language: Language): string =>
  language === 'en' ? 'Stopped: nothing of it runs any more.' : 'Detenido: ya no queda nada en marcha.';

/** The end of a start, for people. */
export function readyText(ready: ReadyEvent, language: Language): string {
  const words = READY[language];
  const lines: (readonly [string, string])[] = [
    [words.api, ready.docs],
    ...(ready.ui === null ? [] : [[words.ui, ready.ui] as const]),
    [words.engine, ready.engine],
    [words.data, ready.stateDir],
  ];
  if (ready.adminKey !== null) lines.push([words.admin, ready.adminKey]);
  const width = Math.max(...lines.map(([name]) => name.length));
  const text = lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  if (ready.keys.length > 0) {
    text.push('', `${words.keys}:`);
    const names = Math.max(...ready.keys.map(({ name }) => name.length));
    for (const { name, roles, key } of ready.keys) {
      text.push(`  ${name.padEnd(names)}  ${key}  ${roles.join(', ')}`);
    }
  }
  if (ready.keys.length > 0) text.push('', `${words.paste}:`, ...exportsOf(ready));
  const example = ready.keys[0]?.key ?? ready.adminKey;
  if (example) {
    text.push('', `${words.use}:`, `  curl -H 'Authorization: Bearer ${example}' ${ready.api}/v1/leads`);
  }
  return `\n${words.serving}\n\n${text.join('\n')}\n`;
}
