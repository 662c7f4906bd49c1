module health

go 1.26
