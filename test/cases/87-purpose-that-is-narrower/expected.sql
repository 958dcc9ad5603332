select (select json_object('totalCount': (select count(*) from [narae governed medical] t1 where true) returning json))::text as "r0"
