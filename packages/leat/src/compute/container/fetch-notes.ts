/** A word from time to time on an image that takes long to come, for whoever watches the run. */

import { type After, soon } from './after.ts';

/** What an image takes before anybody is told, and between two words. In milliseconds. */
const patienceMs = { first: 2000, next: 10_000 };

/** One image on its way. */
export interface FetchNotes {
  /** How far it has come. */
  readonly note: (text: string) => void;
  /** It is there, or will not come. */
  readonly end: (ready: boolean) => void;
}

/** Tells of an image from now on until its end; of one that comes at once nothing. */
export function tellOfFetch(image: string, tell: (text: string) => void, after: After = soon): FetchNotes {
  let last = `fetching ${image}`;
  let told = false;
  let forget = after(patienceMs.first, look);
  function look(): void {
    told = true;
    tell(last);
    forget = after(patienceMs.next, look);
  }
  return {
    note: (text) => {
      last = text;
    },
    end: (ready) => {
      forget();
      // Why it did not come is told by whoever needs it.
      if (told && ready) tell(`fetched ${image}`);
    },
  };
}
