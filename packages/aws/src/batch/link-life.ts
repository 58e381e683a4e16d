/** For how long the links hold that jobs fetch Leat's tools by. Pure. */
import type { CheckFinding } from 'leat/compute';

/**
 * The longest that AWS allows, in seconds. Links end sooner with the credentials that signed them, so each group of jobs gets its own when it is
 * sent.
 */
export const linkSeconds: number = 7 * 24 * 3600;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** What is told of links that are signed `now`; `endsAt`: see `Datastore.linksEndAt`. Both in milliseconds since the epoch. */
export function aboutLinks(endsAt: number | undefined, now: number): Omit<CheckFinding, 'step'> {
  const after = 'A job that waits longer for its place is sent again with new ones, and loses that place.';
  if (endsAt === undefined)
    return {
      level: 'note',
      message: `jobs fetch Leat's tools by links that end with the session of your credentials, which do not say when that is; a week at most. ${after}`,
    };
  const life = Math.min(linkSeconds * 1000, endsAt - now);
  return {
    level: 'note',
    message: `jobs fetch Leat's tools by links: those that are signed now hold for ${lifeText(life)}${endsAt === Infinity ? '' : ', as long as your credentials'}. ${after}`,
  };
}

function lifeText(ms: number): string {
  if (ms >= 2 * day) return `${Math.floor(ms / day)} days`;
  if (ms >= 2 * hour) return `${Math.floor(ms / hour)} hours`;
  return `${Math.max(0, Math.floor(ms / minute))} min`;
}
