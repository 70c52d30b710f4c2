/**
 * Views as they are posted, in JSON, by the rules of an import (src/jobs/import/view-row.ts) and those by which the night
 * would call a view invalid (rules/verdict.ts).
 */

import type { Integer } from '../../../database/values.ts';
import { INT32, INT64, type IntegerRange, parseInteger } from '../../import/integer.ts';
import { quote, quoteName } from '../../import/quote.ts';
import type { ViewRow } from '../../import/view-row.ts';
import { createTimeParser, isUsualYear } from '../../import/view-time.ts';
import { defaultViewPolicy, invalidReason } from '../rules/verdict.ts';

/** Why a view is not taken. `reason` is a word for programs: `malformed`, or as the quarantine has it. */
export interface RefusedView {
  readonly reason: string;
  readonly detail: string;
}

export type PostedView = ViewRow | RefusedView;

/** Why a body holds no views at all: its message is one line for its sender. */
export class BodyProblem extends Error {}

const MEMBERS: ReadonlySet<string> = new Set(['video_id', 'viewer_id', 'viewed_at', 'play_seconds', 'ad_views']);
const DETAILS: Readonly<Record<string, string>> = {
  'negative-play-seconds': 'play_seconds is below 0',
  'excessive-play-seconds': `play_seconds is above ${defaultViewPolicy.playSecondsMax}`,
  'negative-ad-views': 'ad_views is below 0',
};
const parseTime = createTimeParser(undefined);

export function isRefused(view: PostedView): view is RefusedView {
  return 'reason' in view;
}

/** @throws BodyProblem for what is no JSON array of 1 to `viewsMax` views */
export function parseJsonViews(text: string, viewsMax: number): PostedView[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new BodyProblem(`the body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!Array.isArray(body)) throw new BodyProblem('the body must be a JSON array of views, or a view a line as NDJSON');
  requireSize(body.length, viewsMax);
  return body.map((view: unknown, index) => parseView(view, index + 1));
}

/** Empty lines are none. A line that is not JSON is a view that is not taken. @throws BodyProblem for none or too many */
export function parseNdjsonViews(text: string, viewsMax: number): PostedView[] {
  const lines = text.split('\n').filter((line) => /\S/.test(line));
  requireSize(lines.length, viewsMax);
  return lines.map((line, index) => {
    let view: unknown;
    try {
      view = JSON.parse(line);
    } catch {
      return malformed('the line is not JSON');
    }
    return parseView(view, index + 1);
  });
}

function requireSize(size: number, viewsMax: number): void {
  if (size === 0) throw new BodyProblem('the body has no views');
  if (size > viewsMax) throw new BodyProblem(`the body has ${size} views; a batch has ${viewsMax} at most`);
}

function parseView(view: unknown, line: number): PostedView {
  if (typeof view !== 'object' || view === null || Array.isArray(view)) return malformed('a view is an object');
  const members = view as Readonly<Record<string, unknown>>;
  // A name that is misspelt would leave its column empty.
  for (const name of Object.keys(members)) {
    if (!MEMBERS.has(name)) return malformed(`${quoteName(name)} is no member of a view`);
  }
  const videoId = integerOf(members, 'video_id', INT64);
  if (typeof videoId === 'string') return malformed(videoId);
  const viewerId = integerOf(members, 'viewer_id', INT64);
  if (typeof viewerId === 'string') return malformed(viewerId);
  const playSeconds = integerOf(members, 'play_seconds', INT32);
  if (typeof playSeconds === 'string') return malformed(playSeconds);
  const adViews = members.ad_views === undefined ? 0 : integerOf(members, 'ad_views', INT32);
  if (typeof adViews === 'string') return malformed(adViews);
  const viewedAt = timeOf(members.viewed_at);
  if (typeof viewedAt !== 'number') return viewedAt;
  const reason = invalidReason(defaultViewPolicy, true, Number(playSeconds), Number(adViews));
  if (reason !== undefined) return { reason, detail: DETAILS[reason] ?? reason };
  return { id: undefined, videoId, viewerId, viewedAt, playSeconds, adViews, line };
}

/** The value, or what is wrong with it. A number beyond 2^53 has lost digits already, so it is refused. */
function integerOf(members: Readonly<Record<string, unknown>>, name: string, range: IntegerRange): Integer | string {
  const value = members[name];
  if (value === undefined || value === null) return `${name} is missing`;
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return `${name} is beyond 2^53 as a number: send it as text`;
  }
  if (typeof value !== 'number' && typeof value !== 'string') return `${name} is not a whole number`;
  const parsed = parseInteger(String(value), range);
  return typeof parsed === 'string' ? `${name} ${parsed}` : parsed;
}

function timeOf(value: unknown): number | RefusedView {
  if (value === undefined || value === null || value === '') {
    return { reason: 'undated', detail: 'viewed_at is missing' };
  }
  if (typeof value !== 'number' && typeof value !== 'string') return malformed('viewed_at is not a time');
  const instant = parseTime(String(value));
  // The hint of the problem is of the command line.
  if (typeof instant !== 'number') return malformed(`viewed_at ${instant.problem}`);
  if (!isUsualYear(instant)) return malformed(`viewed_at ${quote(String(value))} is outside of 2000 to 2100`);
  return instant;
}

function malformed(detail: string): RefusedView {
  return { reason: 'malformed', detail };
}
