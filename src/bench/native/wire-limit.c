/*
 * The limit of the wire: reads the six columns of view_log in a range of ids by a prepared statement over the binary
 * protocol, and discards them. Prints the number of rows. No client can read the log faster than this one by much.
 *
 *   wire-limit HOST PORT USER DATABASE MIN_ID MAX_ID      password: the environment variable WIRE_LIMIT_PASSWORD
 */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *message) {
  fprintf(stderr, "wire-limit failed: %s\n", message);
  return 1;
}

static void bind(MYSQL_BIND *column, enum enum_field_types type, void *value) {
  column->buffer_type = type;
  column->buffer = value;
}

int main(int count, char **arguments) {
  if (count != 7) return fail("usage: wire-limit HOST PORT USER DATABASE MIN_ID MAX_ID");
  const char *password = getenv("WIRE_LIMIT_PASSWORD");
  MYSQL *connection = mysql_init(NULL);
  if (connection == NULL) return fail("out of memory");
  unsigned int protocol = MYSQL_PROTOCOL_TCP;
  mysql_options(connection, MYSQL_OPT_PROTOCOL, &protocol);
  if (!mysql_real_connect(connection, arguments[1], arguments[3], password ? password : "", arguments[4],
                          (unsigned int)atoi(arguments[2]), NULL, 0))
    return fail(mysql_error(connection));

  const char *query = "SELECT id, video_id, viewer_id, viewed_at, play_seconds, ad_views FROM view_log"
                      " WHERE id BETWEEN ? AND ?";
  MYSQL_STMT *statement = mysql_stmt_init(connection);
  if (mysql_stmt_prepare(statement, query, strlen(query))) return fail(mysql_stmt_error(statement));
  long long range[2] = {atoll(arguments[5]), atoll(arguments[6])};
  MYSQL_BIND parameters[2];
  memset(parameters, 0, sizeof parameters);
  bind(&parameters[0], MYSQL_TYPE_LONGLONG, &range[0]);
  bind(&parameters[1], MYSQL_TYPE_LONGLONG, &range[1]);
  if (mysql_stmt_bind_param(statement, parameters) || mysql_stmt_execute(statement))
    return fail(mysql_stmt_error(statement));

  long long id, video_id, viewer_id;
  MYSQL_TIME viewed_at;
  int play_seconds, ad_views;
  MYSQL_BIND columns[6];
  memset(columns, 0, sizeof columns);
  bind(&columns[0], MYSQL_TYPE_LONGLONG, &id);
  bind(&columns[1], MYSQL_TYPE_LONGLONG, &video_id);
  bind(&columns[2], MYSQL_TYPE_LONGLONG, &viewer_id);
  bind(&columns[3], MYSQL_TYPE_DATETIME, &viewed_at);
  bind(&columns[4], MYSQL_TYPE_LONG, &play_seconds);
  bind(&columns[5], MYSQL_TYPE_LONG, &ad_views);
  if (mysql_stmt_bind_result(statement, columns)) return fail(mysql_stmt_error(statement));

  /* The rows are not stored first: each is taken from the wire when it is asked for. */
  long long rows = 0;
  int status;
  while ((status = mysql_stmt_fetch(statement)) == 0 || status == MYSQL_DATA_TRUNCATED) rows++;
  if (status != MYSQL_NO_DATA) return fail(mysql_stmt_error(statement));
  printf("%lld\n", rows);
  mysql_stmt_close(statement);
  mysql_close(connection);
  return 0;
}
