"""HTTP in and out, and nothing else."""

from auth_service.accounts.views.lookup import UserLookup
from auth_service.accounts.views.me import Me, MyPassword
from auth_service.accounts.views.open import ObtainToken, Register
from auth_service.accounts.views.users import UserDetail, UserList, UserPassword

__all__ = [
    "Me",
    "MyPassword",
    "ObtainToken",
    "Register",
    "UserDetail",
    "UserList",
    "UserLookup",
    "UserPassword",
]
