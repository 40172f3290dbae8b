module published

go 1.26.0
