-- Generated from the contract, and made anew with every synthesis.
DELETE FROM `finance_local`.`gold`.`receipts`
WHERE `sent_at` < timestampadd(MONTH, -120, current_timestamp());
