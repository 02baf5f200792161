DROP TABLE plan_days; DROP TABLE ingredients; DROP TABLE meals;
