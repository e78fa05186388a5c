-- promo_service deletes no row of any table, and so may not.
ALTER DEFAULT PRIVILEGES FOR ROLE promo_owner IN SCHEMA public
    REVOKE DELETE ON TABLES FROM promo_service;
