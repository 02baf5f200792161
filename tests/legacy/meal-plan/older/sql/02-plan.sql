CREATE TABLE plan_days (
    day DATE NOT NULL,
    meal_id INT NOT NULL REFERENCES meals(id),
    created_by UUID NOT NULL,
    servings INT NOT NULL DEFAULT 2 CHECK (servings BETWEEN 1 AND 40),
    PRIMARY KEY (day, meal_id)
);
CREATE INDEX plan_days_day ON plan_days (day DESC);
