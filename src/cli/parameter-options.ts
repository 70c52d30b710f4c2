/** The platform's options of `settle run`, each short for a parameter of jobs. */
import { type Command, Option } from 'commander';
import type { ParameterOption } from './platform-options.ts';

/** Those that take a text, or the switches among them. */
export function addParameterOptions(
  command: Command,
  options: readonly ParameterOption[],
  kind: 'texts' | 'switches',
): Command {
  for (const { flags, description, value } of options) {
    if ((value !== undefined) === (kind === 'switches')) command.option(flags, description);
  }
  return command;
}

/** `--date` of `--date <date>`. */
export function longFlag(flags: string): string {
  return new Option(flags).long ?? flags;
}

/** The name under which commander has the option's value. */
export function attributeOf(flags: string): string {
  return new Option(flags).attributeName();
}
