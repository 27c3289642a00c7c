-- Customers without a date of consent to research, whatever the rules made of them.
SELECT customer_id
FROM trusted.customer
WHERE share_with_research_as_of_date IS NULL OR share_with_research_as_of_date <= 0
