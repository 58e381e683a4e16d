/**
 * The text of a manifest, with a seal at its end: a hash of all that stands before it. A file that is cut is no JSON any more,
 * but one changed bit in a hash, a time or a choice would go unseen without it.
 */
import { hash } from 'node:crypto';
import type { AttemptManifest } from './manifest.ts';

const sealHead = ',"seal":"';
const sealDigits = 16;
const sealBytes = sealHead.length + sealDigits + 2;

// Of bytes, not of a text: the processes of tasks have a hash for few bytes, and to load all of Node's costs 7 ms.
const sealOf = (json: string): string => hash('sha256', Buffer.from(json)).slice(0, sealDigits);

/** A manifest as it is stored: one line of JSON, without the line end. */
export function sealManifest(manifest: AttemptManifest): string {
  const json = JSON.stringify(manifest);
  return `${json.slice(0, -1)}${sealHead}${sealOf(json)}"}`;
}

/** The JSON that was sealed; `undefined` when it is another one now. What has no seal is returned as it is. */
export function unsealManifest(text: string): string | undefined {
  const end = text.endsWith('\n') ? text.length - 1 : text.length;
  const start = end - sealBytes;
  if (!text.startsWith(sealHead, start)) return text;
  const json = `${text.slice(0, start)}}`;
  const told = text.slice(start + sealHead.length, end - 2);
  return sealOf(json) === told ? json : undefined;
}
