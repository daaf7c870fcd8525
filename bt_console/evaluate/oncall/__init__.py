"""Who is told what and when: decisions of on-call and paging, all of them pure."""
