/** Disks, files and engines. */
import { ExitCode } from '../../errors.ts';
import { CONTINUE, type ErrorRule, NO_CODE } from './error-rule.ts';

const { failed, usage } = ExitCode;

const DAMAGED = {
  code: 'DATABASE_DAMAGED',
  class: 'fatal',
  exitCode: failed,
  message: 'a table of the server is damaged',
  hint: 'look into the server’s error log; repair the table or restore it from a backup',
} as const;

/** Names of the tables that a server makes for a statement, and the folders they lie in. */
const TEMPORARY = /#sql|temporary|tmp/i;
const TEMPORARY_SPACE = {
  code: 'DATABASE_TEMPORARY_SPACE',
  class: 'fatal',
  exitCode: failed,
  message: 'a temporary table of the server has no room',
  hint: 'give its tmpdir more space, or raise the limit: tmp_disk_table_size, temptable_max_mmap, innodb_temp_data_file_path',
} as const;

export const storageRules: readonly ErrorRule[] = [
  { ...TEMPORARY_SPACE, codes: [1114, 1021, 3675], pattern: TEMPORARY },
  // Of writing a temporary file (1878), also by an ALTER.
  { ...TEMPORARY_SPACE, codes: [1878] },
  {
    code: 'DISK_FULL',
    class: 'fatal',
    exitCode: failed,
    codes: [1021, 1114, 3675, 'SQLITE_FULL', 'ENOSPC', 'EDQUOT'],
    message: 'there is no space left on the disk',
    hint: `free or add disk space; then ${CONTINUE}`,
  },
  {
    code: 'DISK_FULL',
    class: 'fatal',
    exitCode: failed,
    // Storage engine and file errors that carry the operating system's "no space left".
    codes: [1030, 1026, 1180, 1181, 3, 1024, 1004, 1005, 1016, 1878, 14, 20],
    pattern: /error:? 28\b|errno:? 28\b|no space left|quota/i,
    message: 'there is no space left on the disk',
    hint: `free or add disk space; then ${CONTINUE}`,
  },
  {
    code: 'DATABASE_FILE_READ_ONLY',
    class: 'fatal',
    exitCode: usage,
    codes: ['SQLITE_READONLY'],
    message: 'the database file cannot be written',
    hint: 'check the permissions of the file and of its folder, where SQLite keeps its -wal file',
  },
  {
    code: 'DATABASE_FILE_UNOPENABLE',
    class: 'fatal',
    exitCode: usage,
    codes: ['SQLITE_CANTOPEN', 'SQLITE_PERM', 'SQLITE_AUTH'],
    message: 'the database file cannot be opened',
    hint: 'check that its folder exists and that both may be read and written',
  },
  {
    code: 'DATABASE_FILE_UNOPENABLE',
    class: 'fatal',
    exitCode: usage,
    codes: [NO_CODE],
    pattern: /directory does not exist/,
    message: 'the database file cannot be opened',
    hint: 'create its folder, or correct the path in the database URL',
  },
  {
    code: 'DATABASE_FILE_FOREIGN',
    class: 'fatal',
    exitCode: usage,
    codes: ['SQLITE_NOTADB'],
    message: 'the file is not an SQLite database',
    hint: 'correct the path in the database URL',
  },
  {
    code: 'DATABASE_FILE_DAMAGED',
    class: 'fatal',
    exitCode: failed,
    codes: ['SQLITE_CORRUPT', 'SQLITE_IOERR'],
    message: 'the database file is damaged or its disk fails',
    hint: 'restore it from a backup',
  },
  {
    code: 'DATABASE_TOO_MANY_FILES',
    class: 'transient',
    exitCode: failed,
    codes: [1016, 1017, 1030, 1105, 23, 24],
    pattern: /err(or|no):? "?2[34]\b|too many open files|out of resources when opening/i,
    message: 'the database server has too many files open',
    hint: 'raise open_files_limit on the server',
  },
  { ...DAMAGED, codes: [1034, 1194, 1195, 1547, 1712, 1805, 1817, 1877, 3000] },
  { ...DAMAGED, codes: [1016, 1030], pattern: /err(or|no):? "?(126|127|144|145)\b|crashed|corrupt/i },
  {
    code: 'DATABASE_TABLE_LOST',
    class: 'fatal',
    exitCode: failed,
    // The dictionary has it and the engine does not.
    codes: [1016, 1812, 1814, 1932],
    message: 'the storage engine does not find a table’s data',
    hint: 'look into the server’s error log; restore the table from a backup',
  },
  {
    code: 'DATABASE_STORAGE_ERROR',
    class: 'fatal',
    exitCode: failed,
    // Errors of a storage engine and of files, with a number of the operating system's or of the engine's.
    codes: [1004, 1015, 1028, 1017, 1018, 1023, 1024, 1025, 1026, 1030, 1180, 1181, 3, 20, 23, 24],
    message: 'the server’s storage failed',
    hint: 'look into the server’s error log for what the number means (perror NUMBER)',
  },
];
