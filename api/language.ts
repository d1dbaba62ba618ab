// In which language a request wants to read: what its browser prefers, else that of the person.
import type { FastifyRequest } from 'fastify';
import type { Language } from '../documents/types.js';
import { actorOf } from './auth/actor.js';

/** The most preferred of the languages we write, by Accept-Language (RFC 9110, 12.5.4), else the person's own. */
export function languageOf(request: FastifyRequest): Language {
  return acceptedLanguage(request) ?? actorOf(request).language;
}

/** The same for who may not have said who they are: undefined where no language of ours is asked for. */
export function acceptedLanguage({ headers }: Pick<FastifyRequest, 'headers'>): Language | undefined {
  const wanted = (headers['accept-language'] ?? '')
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      const q = parameters.find((parameter) => parameter.startsWith('q='));
      return { tag: tag.split('-')[0], weight: q === undefined ? 1 : Number(q.slice(2)) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .find(({ tag }) => tag === 'en' || tag === 'es');
  return wanted?.tag as Language | undefined;
}
