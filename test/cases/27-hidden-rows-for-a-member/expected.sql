select (select json_object('totalCount': (select count(*) from [hanbit open parts] t1 where true) returning json))::text as "r0"
